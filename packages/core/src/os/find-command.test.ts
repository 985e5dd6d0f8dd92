import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCommand } from './find-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-path-'));
  for (const place of ['a', 'b']) mkdirSync(join(folder, place));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, mode: number): string {
  const file = join(folder, path);
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

test('the first executable in PATH wins, files that are not are passed over', () => {
  put('a/tool', 0o644);
  const tool = put('b/tool', 0o755);
  expect(findCommand('tool', `${folder}/a:${folder}/b`, '/')).toEqual({ path: tool });
});

test('relative entries and relative commands count from the working directory', () => {
  const tool = put('a/tool', 0o755);
  expect(findCommand('tool', 'a', folder)).toEqual({ path: tool });
  expect(findCommand('./a/tool', undefined, folder)).toEqual({ path: tool });
  expect(findCommand('tool', '', join(folder, 'a'))).toEqual({ path: tool });
});

test('what is there and may not be executed says so', () => {
  put('a/tool', 0o644);
  expect(findCommand('tool', `${folder}/a`, '/')).toMatchObject({
    errno: 'EACCES',
    reason: expect.stringContaining('may not be executed'),
  });
  expect(findCommand(folder, undefined, '/')).toMatchObject({
    errno: 'EACCES',
    reason: expect.stringContaining('is a directory'),
  });
});

test('what is nowhere names where it was looked for', () => {
  expect(findCommand('tool', '/x:/y', '/')).toEqual({
    errno: 'ENOENT',
    reason: '"tool" is in none of the directories of PATH (/x:/y)',
  });
});

test('without a PATH the usual places are searched', () => {
  expect(findCommand('sh', undefined, '/')).toHaveProperty('path');
});
