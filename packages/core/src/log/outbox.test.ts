import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { createFakeOutput } from '../testing/fake-output.ts';
import { createOutbox } from './outbox.ts';

function setUp(atOnce?: number) {
  const clock = createFakeClock();
  const output = createFakeOutput(atOnce === undefined ? {} : { atOnce });
  const turns: (() => void)[] = [];
  const seen: string[] = [];
  const outbox = createOutbox({
    output,
    clock,
    rush: { note() {}, whenCalm: (callback) => turns.push(callback) },
    onBlocked: () => seen.push('blocked'),
    onMoved: () => seen.push('moved'),
    onOpened: () => seen.push('opened'),
  });
  const endTurn = (): void => turns.splice(0).forEach((callback) => callback());
  return { clock, output, outbox, seen, turns, endTurn };
}

describe('the outbox', () => {
  test('collects what comes in one turn into one write', () => {
    const { output, outbox, turns, endTurn } = setUp();
    outbox.put('one\n');
    outbox.put(Buffer.from('two\n'));
    expect([output.text, turns.length]).toEqual(['', 1]);
    endTurn();
    expect(output.text).toBe('one\ntwo\n');
    expect(outbox.waiting).toBe(0);
  });

  test('does not wait for the turn with a large piece', () => {
    const { output, outbox } = setUp();
    outbox.put('small\n');
    outbox.put('x'.repeat(64 * 1024));
    expect(output.text.length).toBe(6 + 64 * 1024);
  });

  test('of a large piece keeps only what cannot leave at once, behind what came before it', () => {
    const { output, outbox, endTurn } = setUp(40_000);
    outbox.put('small\n');
    const lent = Buffer.alloc(60_000, 'x');
    outbox.put(lent);
    expect(output.text).toBe(`small\n${'x'.repeat(40_000)}`);
    expect(outbox.waiting).toBe(20_000);
    lent.fill('?');
    outbox.put('last\n');
    endTurn();
    expect(output.text).toBe(`small\n${'x'.repeat(60_000)}last\n`);
  });

  test('keeps the bytes of latin1 strings and of pieces larger than a page', () => {
    const { output, outbox, endTurn } = setUp();
    outbox.put('a');
    outbox.put('\xff'.repeat(300_000));
    outbox.put(Buffer.alloc(300_000, 1));
    outbox.put('b');
    endTurn();
    expect(output.bytes).toEqual(
      Buffer.concat([Buffer.from('a'), Buffer.alloc(300_000, 0xff), Buffer.alloc(300_000, 1), Buffer.from('b')]),
    );
  });

  test('waits for a full output, in order, and says when it opens', () => {
    const { output, outbox, seen, endTurn } = setUp();
    output.block();
    outbox.put('1\n');
    endTurn();
    outbox.put('2\n');
    outbox.put('x'.repeat(200_000));
    outbox.put('3\n');
    endTurn();
    expect([outbox.blocked, output.text]).toEqual([true, '1\n']);
    output.readOnce();
    expect([outbox.blocked, output.text]).toEqual([true, '1\n2\n']);
    expect(outbox.waiting).toBeGreaterThan(200_000);
    output.unblock();
    expect(output.text).toBe(`1\n2\n${'x'.repeat(200_000)}3\n`);
    expect(outbox.waiting).toBe(0);
    expect(seen).toEqual(['blocked', 'blocked', 'moved', 'moved', 'opened']);
  });

  test('flush waits for everything, also for what is blocked', async () => {
    const { output, outbox, clock } = setUp();
    output.block();
    outbox.put('1\n');
    const flushed = outbox.flush(1000);
    outbox.put('2\n');
    output.unblock();
    expect(await flushed).toBe(true);
    expect(output.text).toBe('1\n2\n');
    expect(clock.pending).toBe(0);
  });

  test('flush gives up at its limit', async () => {
    const { output, outbox, clock } = setUp();
    output.block();
    outbox.put('1\n');
    const flushed = outbox.flush(1000);
    await clock.advance(1000);
    expect(await flushed).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('whatever is put, and however the output opens and closes, all of it comes out in order', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('block', 'unblock', 'readOnce', 'turn'), fc.nat(200_000)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, fc.nat(200_000), (list, atOnce) => {
        const { output, outbox, endTurn } = setUp(atOnce);
        const expected: Buffer[] = [];
        for (const [index, step] of list.entries()) {
          if (typeof step === 'number') expected.push(putBytes(outbox.put, index, step));
          else if (step === 'turn') endTurn();
          else output[step]();
        }
        endTurn();
        output.unblock();
        expect(output.bytes.equals(Buffer.concat(expected))).toBe(true);
        expect(outbox.waiting).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

function putBytes(put: (piece: Buffer | string) => void, index: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, index + 1);
  const lent = Buffer.from(bytes);
  put(index % 2 === 0 ? lent : bytes.toString('latin1'));
  // Memory that is used again after the call.
  lent.fill(0);
  return bytes;
}
