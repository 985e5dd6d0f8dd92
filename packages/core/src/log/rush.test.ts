import { expect, test } from 'vitest';
import { createRush } from './rush.ts';

/** A rush whose time the test lets pass. */
function setUp(perDozeMs = 0.1) {
  const turns: (() => void)[] = [];
  const seen: string[] = [];
  let time = 0;
  const rush = createRush({
    clock: { monotonic: () => time },
    endOfTurn: (callback) => void turns.push(callback),
    doze() {
      seen.push('doze');
      time += perDozeMs;
    },
  });
  const pass = (ms: number): void => void (time += ms);
  const turn = (): void => turns.splice(0).forEach((callback) => callback());
  const come = (bytes = 120): void => {
    rush.note(bytes);
    rush.whenCalm(() => seen.push('calm'));
  };
  return { seen, turns, pass, turn, come };
}

test('a rush: what comes alone, or after a pause, is told of at the end of its turn', () => {
  const { seen, pass, turn, come } = setUp();
  for (let round = 0; round < 3; round++) {
    come();
    expect(seen).toEqual(Array(round).fill('calm'));
    turn();
    pass(0.3);
  }
  expect(seen).toEqual(['calm', 'calm', 'calm']);
});

test('a rush: what comes right after that waits, and we rest meanwhile, for a quarter of a millisecond', () => {
  const { seen, turns, turn, come } = setUp();
  come();
  turn();
  come();
  while (turns.length > 0) turn();
  expect(seen).toEqual(['calm', 'doze', 'doze', 'doze', 'calm']);
});

test('a rush: nobody rests in a turn that brought much', () => {
  const { seen, turn, come } = setUp();
  for (let round = 0; round < 3; round++) {
    come(40_000);
    turn();
  }
  expect(seen).toEqual(['calm', 'calm', 'calm']);
});

test('a rush: it ends even if time stands still', () => {
  const { seen, turns, turn, come } = setUp(0);
  come();
  turn();
  come();
  while (turns.length > 0) turn();
  expect(seen.filter((word) => word === 'doze').length).toBe(5);
  expect(seen.at(-1)).toBe('calm');
});
