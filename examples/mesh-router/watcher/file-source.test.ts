import { mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFile } from './file-source.ts';
import type { Keys } from './keys.ts';

interface Fixture {
  readonly path: string;
  readonly told: readonly string[];
  write(text: string): Promise<void>;
  /** The next keys. */
  next(): Promise<Readonly<Record<string, string>>>;
}

async function watchOf(text: string): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-router-'));
  const path = join(folder, 'keys.json');
  await writeFile(path, text);
  const end = new AbortController();
  const told: string[] = [];
  const source = watchFile(path, { signal: end.signal, tell: (message) => told.push(message) });
  onTestFinished(async () => {
    end.abort();
    await expect(source.next()).rejects.toThrow('aborted');
    await rm(folder, { recursive: true });
  });
  return {
    path,
    told,
    write: (next) => writeFile(path, next),
    next: async () => Object.fromEntries((await source.next()).value as Keys),
  };
}

test('a file: the keys now, and after a change', async () => {
  const { next, write } = await watchOf('{"a": "1"}');
  expect(await next()).toEqual({ a: '1' });
  await write('{"a": "2"}');
  expect(await next()).toEqual({ a: '2' });
});

test('a file that is replaced by another is seen', async () => {
  const { path, next } = await watchOf('{"a": "1"}');
  await next();
  await writeFile(`${path}.new`, '{"a": "2"}');
  await rename(`${path}.new`, path);
  expect(await next()).toEqual({ a: '2' });
});

test('changes that come while nobody looks are one', async () => {
  const { next, write } = await watchOf('{"a": "1"}');
  await next();
  for (let value = 2; value <= 50; value += 1) await write(`{"a": "${value}"}`);
  expect(await next()).toEqual({ a: '50' });
  const following = next();
  await write('{"a": "51"}');
  expect(await following).toEqual({ a: '51' });
});

test.each([
  ['half written', '{"a": "1', 'JSON'],
  ['no map', '["a"]', 'not a map of keys'],
  ['null', 'null', 'not a map of keys'],
  ['a value that is no text', '{"a": true}', 'the value of a is not a text'],
])('a file that is %s says nothing, and is told', async (_what, text, why) => {
  const { next, write, told } = await watchOf(text);
  const keys = next();
  await expect.poll(() => told).toEqual([expect.stringMatching(/^keys\.json: .*; what runs goes on$/)]);
  expect(told[0]).toContain(why);
  await write('{"a": "1"}');
  expect(await keys).toEqual({ a: '1' });
});

test('a file that is gone says nothing, and counts again when it is back', async () => {
  const { path, next, write, told } = await watchOf('{"a": "1"}');
  await next();
  const keys = next();
  await unlink(path);
  await expect.poll(() => told).toEqual([expect.stringContaining('ENOENT')]);
  await write('{"a": "2"}');
  expect(await keys).toEqual({ a: '2' });
});
