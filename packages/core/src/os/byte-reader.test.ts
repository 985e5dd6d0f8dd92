import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openByteReader } from './byte-reader.ts';
import { choosePipeMaker, closeAll, type PipeEnds } from './pipes.ts';

async function openOnePipe(): Promise<PipeEnds> {
  const maker = choosePipeMaker(undefined);
  if (!('open' in maker)) throw new Error(maker.reason);
  return (await maker.open(1))[0] as PipeEnds;
}

test('reading: what came before anybody listened is handed over first', async () => {
  const { read, write } = await openOnePipe();
  const reader = openByteReader(read);
  writeSync(write, 'early ');
  while (reader.readableLength === 0) await turn();
  let received = '';
  reader.lend((bytes) => {
    received += bytes.toString();
  });
  reader.resume();
  writeSync(write, 'late');
  closeAll([write]);
  await new Promise((resolve) => reader.on('end', resolve));
  expect(received).toBe('early late');
});
