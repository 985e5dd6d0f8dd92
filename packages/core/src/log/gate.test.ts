import { expect, test } from 'vitest';
import { createFakeOutput } from '../testing/fake-output.ts';
import { createFakeClock } from '../testing/index.ts';
import { createGate, type Gate, type Gated } from './gate.ts';

function createRig(names: readonly string[]) {
  const output = createFakeOutput({ atOnce: 0 });
  const resumed: string[] = [];
  const gate: Gate = createGate({
    output,
    clock: createFakeClock(),
    onDropped: () => undefined,
    onOpened: () => resumed.push('opened'),
  });
  const streams = names.map((name): Gated => ({
    pause: () => undefined,
    resume: () => void resumed.push(name),
    burst: 0,
    isLeaving: () => false,
  }));
  for (const stream of streams) gate.enter(stream);
  return { gate, output, streams, resumed };
}

const chunk = Buffer.alloc(64 * 1024, 'x');

test('when the output has emptied, those are read first who have waited longest', () => {
  const { gate, output, streams, resumed } = createRig(['a', 'b', 'c', 'd']);
  const [a, b, c] = streams as [Gated, Gated, Gated];
  output.block();
  gate.put(b, chunk);
  gate.put(a, chunk);
  expect(gate.paused).toBe(true);
  output.unblock();
  expect(resumed).toEqual(['opened', 'c', 'd', 'a', 'b']);
  resumed.length = 0;
  output.block();
  gate.put(c, chunk);
  output.unblock();
  expect(resumed).toEqual(['opened', 'd', 'a', 'b', 'c']);
});
