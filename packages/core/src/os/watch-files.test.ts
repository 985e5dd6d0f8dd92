import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FileWatch, watchFiles } from './watch-files.ts';

let folder = '';
let open: FileWatch | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-watch-'));
});
afterEach(() => {
  open?.close();
  rmSync(folder, { recursive: true, force: true });
});

function watchCounting(...paths: string[]): { changes: () => number } {
  const onChange = vi.fn();
  open = watchFiles(paths, onChange, { settleMs: 10 });
  return { changes: () => onChange.mock.calls.length };
}

const path = (name: string): string => join(folder, name);
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5_000, interval: 5 });

test('a file that is written is a change', async () => {
  writeFileSync(path('pm.yaml'), 'a');
  const { changes } = watchCounting(path('pm.yaml'));
  writeFileSync(path('pm.yaml'), 'bb');
  await until(() => changes() === 1);
});

test('a file that is replaced by a rename is a change, again and again', async () => {
  writeFileSync(path('pm.yaml'), 'a');
  const { changes } = watchCounting(path('pm.yaml'));
  for (const round of [1, 2, 3]) {
    writeFileSync(path('new'), `round ${round}`);
    renameSync(path('new'), path('pm.yaml'));
    await until(() => changes() === round);
  }
});

test('a ConfigMap whose ..data link is swapped is a change, also the second time', async () => {
  for (const version of ['..1', '..2', '..3']) {
    mkdirSync(path(version));
    writeFileSync(join(path(version), 'pm.yaml'), version);
  }
  symlinkSync('..1', path('..data'));
  symlinkSync('..data/pm.yaml', path('pm.yaml'));
  const { changes } = watchCounting(path('pm.yaml'));
  for (const [index, version] of ['..2', '..3'].entries()) {
    symlinkSync(version, path('..tmp'));
    renameSync(path('..tmp'), path('..data'));
    await until(() => changes() === index + 1);
  }
});

test('a link to a file elsewhere is followed to where the file changes', async () => {
  mkdirSync(path('far'));
  writeFileSync(path('far/real.yaml'), 'a');
  symlinkSync('far/real.yaml', path('pm.yaml'));
  const { changes } = watchCounting(path('pm.yaml'));
  writeFileSync(path('far/real.yaml'), 'bb');
  await until(() => changes() === 1);
});

test('a file that goes away is no change until it is back with something else', async () => {
  writeFileSync(path('pm.yaml'), 'a');
  writeFileSync(path('witness'), 'a');
  const { changes } = watchCounting(path('pm.yaml'), path('witness'));
  unlinkSync(path('pm.yaml'));
  writeFileSync(path('witness'), 'bb');
  await until(() => changes() === 1);
  writeFileSync(path('pm.yaml'), 'ccc');
  await until(() => changes() === 2);
});

test('a folder that is moved away and replaced is seen', async () => {
  mkdirSync(path('conf'));
  writeFileSync(path('conf/pm.yaml'), 'a');
  const { changes } = watchCounting(path('conf/pm.yaml'));
  mkdirSync(path('next'));
  writeFileSync(path('next/pm.yaml'), 'bb');
  renameSync(path('conf'), path('old'));
  renameSync(path('next'), path('conf'));
  await until(() => changes() === 1);
});

test('a file of the same folder that nobody asked about is no change', async () => {
  writeFileSync(path('pm.yaml'), 'a');
  const { changes } = watchCounting(path('pm.yaml'));
  writeFileSync(path('other'), 'x');
  writeFileSync(path('pm.yaml'), 'bb');
  await until(() => changes() === 1);
  expect(changes()).toBe(1);
});

test('after an update the new files count', async () => {
  writeFileSync(path('a'), 'a');
  mkdirSync(path('sub'));
  writeFileSync(path('sub/b'), 'b');
  const { changes } = watchCounting(path('a'));
  open?.update([path('sub/b')]);
  writeFileSync(path('sub/b'), 'bb');
  await until(() => changes() === 1);
});

test('closing twice is closing once', () => {
  watchCounting(path('missing/deep/pm.yaml'));
  open?.close();
  expect(() => open?.close()).not.toThrow();
});
