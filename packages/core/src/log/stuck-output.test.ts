import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openByteReader } from '../os/byte-reader.ts';
import { systemClock } from '../os/clock.ts';
import { openOutput, type Output } from '../os/own-output.ts';
import { choosePipeMaker, closeAll, type PipeEnds, readPipe } from '../os/pipes.ts';
import { createLogPipeline } from './create-pipeline.ts';
import type { LogAttachment, LogPipeline } from './pipeline.ts';

// Real pipes and real writers: whether a full pipe stops the loop cannot be shown with fakes.

let ends: PipeEnds;
let output: Output;
let children: ChildProcess[];

beforeEach(async () => {
  ends = await openPipe();
  output = openOutput({ fd: ends.write });
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await output.end(0);
  closeAll([ends.write]);
});

async function openPipe(): Promise<PipeEnds> {
  const maker = choosePipeMaker(undefined);
  if (!('open' in maker)) throw new Error(maker.reason);
  const [first] = await maker.open(1);
  if (!first) throw new Error('no pipe was made');
  return first;
}

function create(overflow: 'block' | 'drop'): LogPipeline {
  const settings = { format: 'text', level: 'info', timestamps: false, overflow, buffer: 1000 } as const;
  return createLogPipeline({ output, clock: systemClock, settings });
}

/** A program whose output goes through the pipeline. */
async function start(
  pipeline: LogPipeline,
  instance: string,
  command: string,
): Promise<{ child: ChildProcess; attachment: LogAttachment }> {
  const pipe = await openPipe();
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', pipe.write, 'ignore'] });
  closeAll([pipe.write]);
  children.push(child);
  const source = { process: 'x', instance, stream: 'stdout', labels: {}, shown: true } as const;
  return { child, attachment: pipeline.attach(source, openByteReader(pipe.read)) };
}

/** Reads our output to its end, or until `most` bytes. */
function readOutput(): { text: string; done: Promise<unknown> } {
  const reader = readPipe(ends.read);
  const read = { text: '', done: once(reader, 'close') };
  reader.setEncoding('utf8').on('data', (text: string) => void (read.text += text));
  return read;
}

/** Waits until nothing comes in any more, and says how long the event loop was away meanwhile, in ms. */
async function waitUntilStill(bytes: () => number): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let last = -1;
  let still = 0;
  await vi.waitFor(
    () => {
      still = bytes() === last ? still + 1 : 0;
      last = bytes();
      expect(still).toBeGreaterThan(20);
    },
    { timeout: 8000, interval: 10 },
  );
  delay.disable();
  return delay.max / 1e6;
}

/** Far above what a busy machine does, far below a write that waits for a reader who never comes. */
const mostLagMs = 1000;

describe('nobody reads our output [line 34]', () => {
  test('block: programs wait, the loop does not, and little is held in memory', async () => {
    const pipeline = create('block');
    const started = await Promise.all(
      ['a-1', 'b-1', 'c-1'].map((name) => start(pipeline, name, 'yes "a line of output" | head -n 200000')),
    );
    const total = (): number => ['a-1', 'b-1', 'c-1'].reduce((sum, name) => sum + pipeline.counters(name).bytes, 0);
    expect(await waitUntilStill(total)).toBeLessThan(mostLagMs);
    expect(total()).toBeLessThan(1024 * 1024);
    expect(output.buffered).toBeLessThan(1024 * 1024);
    expect(started.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
    expect(await pipeline.flush(50)).toBe(false);

    const read = readOutput();
    await Promise.all(started.map(({ attachment }) => attachment.ended));
    expect(await pipeline.flush(5000)).toBe(true);
    await output.end(1000);
    closeAll([ends.write]);
    await read.done;
    const lines = read.text.split('\n').slice(0, -1);
    expect(lines).toHaveLength(600_000);
    expect(new Set(lines)).toEqual(new Set(['a-1', 'b-1', 'c-1'].map((name) => `${name} | a line of output`)));
  });

  test('drop: programs go on, what is lost is counted, and said when somebody reads', async () => {
    const pipeline = create('drop');
    const { child, attachment } = await start(pipeline, 'a-1', 'seq 1 1000000');
    await Promise.all([attachment.ended, child.exitCode === null && once(child, 'exit')]);
    const { lines, dropped } = pipeline.counters('a-1');
    expect(lines.stdout).toBe(1_000_000);
    expect(dropped).toBeGreaterThan(100_000);
    expect(output.buffered).toBeLessThan(1024 * 1024);

    const read = readOutput();
    expect(await pipeline.flush(5000)).toBe(true);
    await output.end(1000);
    closeAll([ends.write]);
    await read.done;
    const written = read.text.split('\n').slice(0, -1);
    expect(written.filter((line) => /^a-1 \| \d+$/.test(line))).toHaveLength(1_000_000 - dropped);
    expect(written.filter((line) => /^pm \| warn: [\d,]+ lines of a-1 dropped: /.test(line))).toHaveLength(1);
    expect(written).toHaveLength(1_000_000 - dropped + 1);
  });
});

test('a reader that goes away for good stops nobody', async () => {
  const pipeline = create('block');
  const { attachment } = await start(pipeline, 'a-1', 'yes | head -c 5000000');
  await waitUntilStill(() => pipeline.counters('a-1').bytes);
  closeAll([ends.read]);
  await attachment.ended;
  expect(pipeline.counters('a-1').bytes).toBe(5_000_000);
  expect(await pipeline.flush(1000)).toBe(true);
});

test('a slow reader gets everything, whole and in order [lines 33, 34]', async () => {
  const pipeline = create('block');
  const { attachment } = await start(pipeline, 'a-1', 'seq 1 200000');
  const reader = readPipe(ends.read);
  let text = '';
  reader.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    reader.pause();
    systemClock.after(1, () => reader.resume());
  });
  await attachment.ended;
  expect(await pipeline.flush(8000)).toBe(true);
  await output.end(1000);
  closeAll([ends.write]);
  await once(reader, 'close');
  expect(text).toBe(Array.from({ length: 200_000 }, (_, line) => `a-1 | ${line + 1}\n`).join(''));
});
