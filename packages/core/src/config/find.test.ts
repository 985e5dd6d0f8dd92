import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findConfig, searchNames, systemFolder } from './find.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-find-'));
});

afterEach(() => {
  process.chdir('/');
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content = ''): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function find(): Promise<string> {
  process.chdir(folder);
  return findConfig({ cwd: folder, env: {}, folders: [folder] });
}

test('names are searched in their order', async () => {
  for (const name of searchNames.toReversed()) {
    const path = write(name, name === 'package.json' ? '{"pm": {}}' : '');
    expect(await find()).toBe(path);
  }
});

test('the image’s folder is searched last', () => {
  expect(systemFolder).toBe('/etc/pm');
});

test.each(['.config/config.js', '.config/config.json', 'package.yaml'])(
  '%s could redirect cosmiconfig: the search stops, and nothing of it is run',
  async (name) => {
    write('pm.config.yaml');
    write(name, 'globalThis.wasRun = true;');
    await expect(find()).rejects.toMatchObject({
      code: 'PM_CONFIG_NOT_FOUND',
      hint: 'Name the file with --config or PM_CONFIG, or call it pm.yaml.',
    });
    expect('wasRun' in globalThis).toBe(false);
  },
);

test('a package.json may redirect it too; one that only depends on cosmiconfig does not', async () => {
  const path = write('pm.config.yaml');
  write('package.json', '{"cosmiconfig": {"searchPlaces": ["other"]}}');
  await expect(find()).rejects.toMatchObject({ code: 'PM_CONFIG_NOT_FOUND' });
  write('package.json', '{"dependencies": {"cosmiconfig": "10.0.1"}}');
  expect(await find()).toBe(path);
});

test('the usual names are found whatever else lies about', async () => {
  write('.config/config.js', 'throw new Error("run");');
  const path = write('pm.yaml');
  expect(await find()).toBe(path);
});

test('a broken package.json does not hide a configuration', async () => {
  write('package.json', '{');
  const path = write('pm.config.yaml');
  expect(await find()).toBe(path);
});

test('a folder that is not there, or not a folder, has no configuration', async () => {
  const file = write('file');
  await expect(findConfig({ cwd: folder, env: {}, folders: [join(folder, 'nope'), file] })).rejects.toMatchObject({
    code: 'PM_CONFIG_NOT_FOUND',
  });
});
