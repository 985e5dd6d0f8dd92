import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadSys, type Sys } from '@pm-supervisor/native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOutput, type Output } from './own-output.ts';
import { choosePipeMaker, closeAll, type PipeEnds, readPipe } from './pipes.ts';
import { createFakeClock } from '../testing/index.ts';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-output-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function openOnePipe(): Promise<PipeEnds> {
  const maker = choosePipeMaker(undefined, [folder]);
  if (!('open' in maker)) throw new Error(maker.reason);
  const [ends] = await maker.open(1);
  if (!ends) throw new Error('no pipe was made');
  return ends;
}

/** Writes until the output asks to wait, at most 16 MiB. */
function fill(output: Output): number {
  const chunk = Buffer.alloc(16 * 1024, 'x');
  for (let written = 0; written < 2 ** 24;) {
    written += chunk.length;
    if (!output.write(chunk)) return written;
  }
  throw new Error('16 MiB were accepted without back-pressure');
}

describe('output to a pipe', () => {
  let ends: PipeEnds;
  beforeEach(async () => {
    ends = await openOnePipe();
  });
  afterEach(() => closeAll([ends.write]));

  test('everything written before the end arrives, in order', async () => {
    const output = openOutput({ fd: ends.write });
    closeAll([ends.write]);
    const received = text(readPipe(ends.read));
    output.write('one\n');
    output.write(Buffer.from('two\n'));
    expect(await output.end(5_000)).toBe(true);
    expect(await received).toBe('one\ntwo\n');
    expect(output).toMatchObject({ kind: 'pipe', isTerminal: false, buffered: 0, lost: 0 });
  });

  test('what can be written at once is, up to what the pipe holds; the rest follows in order', async () => {
    const output = openOutput({ fd: ends.write });
    const received = text(readPipe(ends.read));
    closeAll([ends.write]);
    // Nobody reads within a turn, so the pipe fills.
    const bytes = Buffer.alloc(2 ** 21, '0123456789abcde\n');
    const taken = output.writeNow?.(bytes) ?? 0;
    expect(taken).toBeLessThan(bytes.length);
    expect(output.buffered).toBe(0);
    expect(output.writeNow?.(bytes.subarray(taken)) ?? 0).toBe(0);
    output.write(bytes.subarray(taken));
    expect(output.writeNow?.(bytes) ?? 0).toBe(0);
    output.write('end\n');
    expect(await output.flush(5_000)).toBe(true);
    expect(output.writeNow?.(Buffer.from('at once\n')) ?? output.write('at once\n')).toBeTruthy();
    expect(await output.end(5_000)).toBe(true);
    expect(output.writeNow?.(bytes) ?? 0).toBe(0);
    expect(await received).toBe(`${String(bytes)}end\nat once\n`);
    expect(output.lost).toBe(0);
  });

  test('the pipe is made to hold more; without the helper nothing is asked of it', async () => {
    const sizeOf = (fd: number): number => (loadSys() as Sys).growPipe(fd, 0);
    const plain = openOutput({ fd: ends.write, sys: undefined });
    expect([sizeOf(ends.write), plain.writeNow]).toEqual([65_536, undefined]);
    await plain.end(0);
    await openOutput({ fd: ends.write }).end(0);
    expect(sizeOf(ends.write)).toBe(262_144);
  });

  test('a pipe that may not grow is used as it is', async () => {
    const refuse = (): number => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    const sys = { growPipe: refuse, writeNow: () => 0 } as unknown as Sys;
    const output = openOutput({ fd: ends.write, sys });
    closeAll([ends.write]);
    const received = text(readPipe(ends.read));
    output.write('all the same\n');
    expect(await output.end(5_000)).toBe(true);
    expect(await received).toBe('all the same\n');
  });

  test('a reader that stops makes write say so, and its return is announced', async () => {
    const output = openOutput({ fd: ends.write });
    fill(output);
    expect(output.buffered).toBeGreaterThan(0);
    const drained = new Promise<void>((resolve) => output.onDrain(resolve));
    const reader = readPipe(ends.read).resume();
    await drained;
    expect(output.buffered).toBe(0);
    await output.end(5_000);
    reader.destroy();
  });

  test('flush waits until a slow reader has it all, and for a stuck one no longer than its limit', async () => {
    const clock = createFakeClock();
    const output = openOutput({ fd: ends.write, clock });
    expect(await output.flush(0)).toBe(true);
    fill(output);
    const stuck = output.flush(1_000);
    await clock.advance(1_000);
    expect(await stuck).toBe(false);
    const slow = output.flush(1_000);
    const reader = readPipe(ends.read).resume();
    expect(await slow).toBe(true);
    expect([output.buffered, output.lost, clock.pending]).toEqual([0, 0, 0]);
    await output.end(5_000);
    reader.destroy();
  });

  test('the end does not wait for a stuck reader longer than its limit', async () => {
    const clock = createFakeClock();
    const output = openOutput({ fd: ends.write, clock });
    fill(output);
    const ended = output.end(2_000);
    await clock.advance(2_000);
    expect(await ended).toBe(false);
    expect(output.lost).toBeGreaterThan(0);
    expect(output.buffered).toBe(0);
    expect(clock.pending).toBe(0);
    closeAll([ends.read]);
  });

  test('a reader that went away is reported once, and later writes are thrown away', async () => {
    const errors: (string | undefined)[] = [];
    const output = openOutput({ fd: ends.write, onError: (error) => errors.push(error.code) });
    closeAll([ends.read]);
    const drained = new Promise<void>((resolve) => output.onDrain(resolve));
    output.write('lost');
    await drained;
    expect(output.write('lost too')).toBe(true);
    expect(await output.end(1_000)).toBe(false);
    expect(errors).toEqual(['EPIPE']);
    expect(output.lost).toBe(12);
  });

  test('the descriptor we were started with stays blocking for those that share it', async () => {
    const output = openOutput({ fd: ends.write });
    const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${ends.write}`, 'utf8'))?.[1];
    expect(Number.parseInt(flags ?? '', 8) & 0o4000).toBe(0);
    await output.end(0);
    closeAll([ends.read]);
  });
});

test('output to a socket arrives whole', async () => {
  const child = spawn(process.execPath, [fixture('write-output.ts'), 'through', 'a socket']);
  const [out, kind] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(out).toBe('through\na socket\n');
  expect(kind).toBe('socket whole');
});

describe('output to a file', () => {
  test('is appended where the shell left off, also behind other writers', async () => {
    const path = join(folder, 'log');
    const fd = openSync(path, 'w');
    const output = openOutput({ fd });
    for (let line = 0; line < 3_000; line++) output.write(`${line}\n`);
    expect(await output.end(5_000)).toBe(true);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3_001);
    expect(output.kind).toBe('file');
  });

  test('a full disk is reported, counted, and given another chance', async () => {
    const errors: (string | undefined)[] = [];
    const output = openOutput({ fd: openSync('/dev/full', 'w'), onError: (error) => errors.push(error.code) });
    const bytes = fill(output);
    await new Promise<void>((resolve) => output.onDrain(resolve));
    output.write('x');
    expect(await output.end(5_000)).toBe(false);
    expect(errors).toEqual(['ENOSPC']);
    expect(output.lost).toBe(bytes + 1);
  });
});

test('output that is closed throws everything away', async () => {
  const fd = openSync('/dev/null', 'w');
  closeSync(fd);
  const output = openOutput({ fd });
  expect(output.kind).toBe('closed');
  expect(output.write('nobody')).toBe(true);
  expect(await output.end(1_000)).toBe(false);
});
