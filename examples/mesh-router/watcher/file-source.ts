import { on } from 'node:events';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Keys, SourceOptions } from './keys.ts';

/**
 * The keys of a JSON file, now and after every change. Its folder is watched, so a file that is replaced is seen too. A
 * file that cannot be read says nothing: what runs goes on.
 */
export async function* watchFile(path: string, { signal, tell }: SourceOptions): AsyncGenerator<Keys> {
  // Listens from here on: a change while the file is read is not lost.
  const changes = on(watch(dirname(resolve(path)), { signal }), 'change', { signal });
  for (let last = ''; ; await changes.next()) {
    const { text, keys } = await readKeys(path);
    if (text === last) continue;
    last = text;
    if (keys === undefined) tell(`${basename(path)}: ${text}; what runs goes on`);
    else yield keys;
  }
}

/** The keys and the text they are in; or a text that says why there are none. */
async function readKeys(path: string): Promise<{ readonly text: string; readonly keys?: Keys }> {
  try {
    const text = await readFile(path, 'utf8');
    return { text, keys: toKeys(text) };
  } catch (error) {
    return { text: (error as Error).message };
  }
}

/** Every value must be a text, as in any store: `true` is not `"true"`. */
function toKeys(text: string): Keys {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a map of keys');
  const wrong = Object.entries(value).find(([, each]) => typeof each !== 'string');
  if (wrong !== undefined) throw new Error(`the value of ${wrong[0]} is not a text`);
  return new Map(Object.entries(value));
}
