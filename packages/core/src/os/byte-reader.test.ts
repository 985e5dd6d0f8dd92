import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ByteReader, openByteReader } from './byte-reader.ts';
import { choosePipeMaker, closeAll, type PipeEnds } from './pipes.ts';

let ends: PipeEnds;
let reader: ByteReader;

async function openPipe(): Promise<PipeEnds> {
  const maker = choosePipeMaker(undefined);
  if (!('open' in maker)) throw new Error(maker.reason);
  const [first] = await maker.open(1);
  if (!first) throw new Error('no pipe was made');
  return first;
}

beforeEach(async () => {
  ends = await openPipe();
  reader = openByteReader(ends.read);
});
afterEach(() => {
  reader.destroy();
  closeAll([ends.write]);
});

test('byte reader: is a stream like any other, whose chunks stay as they are', async () => {
  const chunks: Buffer[] = [];
  reader.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const word of ['one', 'two']) {
    const count = chunks.length;
    writeSync(ends.write, word);
    while (chunks.length === count) await turn();
  }
  closeAll([ends.write]);
  await once(reader, 'end');
  expect(chunks.map(String)).toEqual(['one', 'two']);
});

test('byte reader: reads no more than is wanted', async () => {
  const child = spawn('sh', ['-c', 'yes | head -c 1000000'], { stdio: ['ignore', ends.write, 'ignore'] });
  closeAll([ends.write]);
  reader.pause();
  reader.read(0);
  await once(reader, 'readable');
  expect(reader.readableLength).toBeLessThan(200_000);
  expect((await text(reader)).length).toBe(1_000_000);
  if (child.exitCode === null) await once(child, 'exit');
});

test('byte reader: lends the same memory again and again, to the end', async () => {
  let taken = 0;
  const memories = new Set<ArrayBufferLike>();
  reader.lend((bytes, headroom) => {
    taken += bytes.length;
    memories.add(bytes.buffer);
    expect(headroom).toBeGreaterThan(0);
    // Throws where there is no such memory.
    Buffer.from(bytes.buffer, bytes.byteOffset - headroom, headroom).fill('!');
    expect(bytes[0]).not.toBe(0x21);
  });
  const child = spawn('sh', ['-c', 'yes | head -c 1000000'], { stdio: ['ignore', ends.write, 'ignore'] });
  closeAll([ends.write]);
  reader.resume();
  await once(reader, 'end');
  expect(taken).toBe(1_000_000);
  expect(memories.size).toBe(1);
  if (child.exitCode === null) await once(child, 'exit');
});

test('byte reader: a paused one lends nothing until it is resumed', async () => {
  const seen: string[] = [];
  reader.lend((bytes) => void seen.push(String(bytes)));
  reader.resume();
  writeSync(ends.write, '1');
  while (seen.length < 1) await turn();
  reader.pause();
  writeSync(ends.write, '2');
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(seen).toEqual(['1']);
  reader.resume();
  while (seen.length < 2) await turn();
  expect(seen).toEqual(['1', '2']);
});
