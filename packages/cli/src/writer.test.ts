import { closeSync, constants, openSync, readSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWriter } from './writer.ts';

let folder = '';
let pipe = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-writer-'));
  pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is written arrives whole', () => {
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(pipe, constants.O_WRONLY);
  createWriter(fd, () => false).write('größe\n');
  const bytes = Buffer.alloc(100);
  expect(bytes.toString('utf8', 0, readSync(reader, bytes))).toBe('größe\n');
  closeSync(fd);
  closeSync(reader);
});

test('a reader that went away is silence, not an error', () => {
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(pipe, constants.O_WRONLY);
  closeSync(reader);
  const writer = createWriter(fd, () => false);
  expect(() => [writer.write('a'), writer.write('b')]).not.toThrow();
  closeSync(fd);
});

test('a reader that never reads holds an answer up for a bounded time', () => {
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  const writer = createWriter(fd, () => false, 50);
  const started = performance.now();
  writer.write('x'.repeat(1024 * 1024));
  writer.write('more');
  expect(performance.now() - started).toBeLessThan(2_000);
  closeSync(fd);
  closeSync(reader);
});
