import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createDrops, isTooMuch, mostWaiting, toGrouped } from './drops.ts';

function setUp() {
  const clock = createFakeClock();
  const said: string[] = [];
  const state = { blocked: true };
  const drops = createDrops({
    clock,
    isBlocked: () => state.blocked,
    say: (instance, lines) => said.push(`${instance} ${lines}`),
  });
  return { clock, said, state, drops };
}

describe('drops', () => {
  test('are announced together, a second after the first', async () => {
    const { clock, said, state, drops } = setUp();
    drops.count('queue-1', 2);
    drops.count('web-1', 1);
    drops.count('queue-1', 3);
    state.blocked = false;
    await clock.advance(999);
    expect(said).toEqual([]);
    await clock.advance(1);
    expect(said).toEqual(['queue-1 5', 'web-1 1']);
    expect(clock.pending).toBe(0);
  });

  test('are not announced into a full output, but as soon as it opens', async () => {
    const { clock, said, drops } = setUp();
    drops.count('queue-1', 2);
    await clock.advance(5000);
    drops.count('queue-1', 2);
    expect(clock.pending).toBe(0);
    drops.opened();
    expect(said).toEqual(['queue-1 4']);
    drops.opened();
    expect(said).toHaveLength(1);
  });

  test('can be announced at once, and leave no timer', () => {
    const { clock, said, drops } = setUp();
    drops.count('queue-1', 2);
    drops.announce();
    drops.announce();
    expect(said).toEqual(['queue-1 2']);
    expect(clock.pending).toBe(0);
  });
});

test('too much: everybody is stopped at the limit, who floods at half of it', () => {
  const half = mostWaiting / 2;
  const table: readonly [waiting: number, burst: number, tooMuch: boolean][] = [
    [0, mostWaiting, false],
    [half - 1, mostWaiting, false],
    [half, mostWaiting / 8, true],
    [half, 1000, false],
    [mostWaiting - 1, 1000, false],
    [mostWaiting, 0, true],
  ];
  for (const [waiting, burst, tooMuch] of table) expect(isTooMuch(waiting, burst)).toBe(tooMuch);
});

test('counts are grouped', () => {
  expect([0, 999, 1000, 1234567].map(toGrouped)).toEqual(['0', '999', '1,000', '1,234,567']);
});
