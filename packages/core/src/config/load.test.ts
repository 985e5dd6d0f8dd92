import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { mergeLayers } from './layer.ts';
import { loadSources } from './load.ts';
import type { LoadRequest, Sources } from './load.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-load-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function load(request: Partial<LoadRequest> = {}, value?: unknown): Promise<Sources> {
  const ports = { evaluateModule: (): Promise<unknown> => Promise.resolve(value) };
  return loadSources({ cwd: folder, env: {}, folders: [folder], ...request }, ports);
}

async function refusal(request: Partial<LoadRequest> = {}): Promise<ConfigError> {
  const error: unknown = await load(request).then(
    () => expect.unreachable('expected an error'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

const least = 'processes: {web: {command: [nginx]}}\n';

describe('finding', () => {
  test.each(['pm.yaml', 'pm.yml', 'pm.config.yaml', '.pmrc', '.pmrc.yml'])('%s is found', async (name) => {
    const path = write(name, least);
    const sources = await load();
    expect(sources.origin).toBe(path);
    expect(mergeLayers(sources.layers).value).toMatchObject({ processes: { web: { command: ['nginx'] } } });
  });

  test.each(['pm.json', 'pm.config.json', '.pmrc.json'])('%s is found and read as JSON', async (name) => {
    write(name, '{\n\t"processes": {"web": {"command": ["nginx"]}}\n}');
    const merged = mergeLayers((await load()).layers);
    expect(merged.value).toMatchObject({ processes: { web: { command: ['nginx'] } } });
    expect(merged.positionOf('processes.web.command')).toEqual({ file: name, line: 2, column: 24 });
  });

  test.each(['pm.toml', 'pm.config.toml', '.pmrc.toml'])('%s is found and read as TOML', async (name) => {
    write(name, '[global]\nlog_level = "debug"\n\n[processes.web]\ncommand = ["nginx"]\n');
    const merged = mergeLayers((await load()).layers);
    expect(merged.value).toMatchObject({ global: { log_level: 'debug' }, processes: { web: { command: ['nginx'] } } });
    expect(merged.positionOf('processes.web.command')).toEqual({ file: name, line: 5, column: 1 });
  });

  test.each(['ts', 'mjs', 'js', 'cjs'])('pm.config.%s is found and evaluated through the port', async (ending) => {
    const path = write(`pm.config.${ending}`, 'never parsed here');
    const sources = await load({}, { processes: {} });
    expect(sources.origin).toBe(path);
    expect(sources.layers[0]?.value).toEqual({ processes: {} });
  });

  test('package.json counts when it has a key pm, and positions are those of the file', async () => {
    write('package.json', '{\n  "name": "x",\n  "pm": {\n    "processes": {"web": {"command": ["nginx"]}}\n  }\n}');
    const merged = mergeLayers((await load()).layers);
    expect(Object.keys(merged.value)).toEqual(['processes']);
    expect(merged.positionOf('processes')).toEqual({ file: 'package.json', line: 4, column: 5 });
  });

  test('--config wins over PM_CONFIG, which wins over the search', async () => {
    write('pm.yaml', least);
    const fromEnv = write('env.yaml', least);
    const named = write('named.yaml', least);
    expect((await load({ env: { PM_CONFIG: 'env.yaml' } })).origin).toBe(fromEnv);
    expect((await load({ env: { PM_CONFIG: 'env.yaml' }, configPath: 'named.yaml' })).origin).toBe(named);
  });

  test('nothing found says where it looked and how to get one', async () => {
    write('package.json', '{"name": "x"}');
    const error = await refusal();
    expect(error.code).toBe('PM_CONFIG_NOT_FOUND');
    expect(error.message).toBe(`no configuration in ${folder}`);
    expect(error.hint).toContain('npx create-pm-config');
  });

  test('the system folder comes after the working directory', async () => {
    const system = join(folder, 'etc');
    const path = write('etc/pm.yaml', least);
    expect((await load({ folders: [join(folder, 'empty'), system] })).origin).toBe(path);
  });
});

describe('a file that cannot be a configuration', () => {
  test('a directory is refused, also when the search finds it', async () => {
    mkdirSync(join(folder, 'pm.yaml'));
    for (const request of [{}, { configPath: 'pm.yaml' }]) {
      const error = await refusal(request);
      expect(error).toMatchObject({ code: 'PM_CONFIG_UNREADABLE', message: 'pm.yaml is a directory' });
      expect(error.hint).toContain('Name the file');
    }
  });

  test('a missing file is refused by its name', async () => {
    expect(await refusal({ configPath: 'nope.yaml' })).toMatchObject({
      code: 'PM_CONFIG_NOT_FOUND',
      message: 'nope.yaml does not exist',
    });
  });

  test.each([
    ['nothing', ''],
    ['comments', '# later\n\n'],
    ['an empty document', '---\n'],
  ])('%s is an empty configuration', async (_, text) => {
    write('pm.yaml', text);
    const error = await refusal();
    expect(error.diagnostics).toMatchObject([
      { message: 'the configuration is empty', position: { file: 'pm.yaml', line: 1, column: 1 } },
    ]);
    expect(error.diagnostics[0]?.hint).toContain('create-pm-config');
  });

  test('10 MB of YAML is refused by its size, at once', async () => {
    write('pm.yaml', 'processes:\n'.padEnd(10 * 1024 * 1024, '  web: {command: [nginx]}\n'));
    const startedAt = performance.now();
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'PM_CONFIG_UNREADABLE',
      message: 'pm.yaml is 10.0 MiB large; a configuration is at most 1 MiB',
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test.each([
    ['a NUL byte', new Uint8Array([0x61, 0x3a, 0x00]), 'is not a text file: byte 3 is NUL'],
    ['Latin-1', new Uint8Array([0x61, 0x3a, 0x20, 0xe6]), 'is not UTF-8 text'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0x00]), 'is UTF-16 text'],
  ])('%s is refused', async (_, bytes, message) => {
    write('pm.yaml', bytes);
    expect(await refusal()).toMatchObject({ code: 'PM_CONFIG_UNREADABLE', message: `pm.yaml ${message}` });
  });

  test('a byte order mark is no part of the text', async () => {
    write('pm.yaml', `\ufeff${least}`);
    expect(mergeLayers((await load()).layers).positionOf('processes')).toEqual({ file: 'pm.yaml', line: 1, column: 1 });
  });

  test('a device is refused without being read', async () => {
    expect(await refusal({ configPath: '/dev/zero' })).toMatchObject({ message: '/dev/zero is not a regular file' });
  });

  test('a FIFO that nobody writes to is refused, not waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'pm.yaml')]);
    expect(await refusal()).toMatchObject({ message: 'pm.yaml is not a regular file' });
  });

  test('links and folders that lead nowhere are said to', async () => {
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    expect(await refusal({ configPath: 'loop.yaml' })).toMatchObject({
      code: 'PM_CONFIG_UNREADABLE',
      message: 'loop.yaml is a symbolic link that leads to itself',
    });
    write('file', '');
    expect(await refusal({ configPath: 'file/pm.yaml' })).toMatchObject({
      code: 'PM_CONFIG_NOT_FOUND',
      message: 'file/pm.yaml does not exist: a part of its path is not a folder',
    });
    symlinkSync('nowhere', join(folder, 'pm.yaml'));
    expect(await refusal()).toMatchObject({ code: 'PM_CONFIG_NOT_FOUND', message: 'pm.yaml does not exist' });
  });

  test('a list is refused', async () => {
    write('pm.yaml', '- web\n');
    expect((await refusal()).diagnostics[0]?.message).toBe('expected a map with processes, got a list');
  });
});

describe('extends', () => {
  test('bases lie below the file, later ones over earlier ones, relative to where they are named', async () => {
    write('pm.yaml', 'extends: [base/a.yaml, base/b.yaml]\nglobal: {log_level: debug}\n');
    write('base/a.yaml', 'extends: deep/c.yaml\nglobal: {log_level: info, log_buffer: 1, on_idle: stay}\n');
    write('base/b.yaml', 'global: {log_buffer: 2}\n');
    write('base/deep/c.yaml', 'global: {on_idle: exit, umask: "022"}\n');
    const sources = await load();
    expect(sources.files.map((path) => path.slice(folder.length + 1))).toEqual([
      'base/deep/c.yaml',
      'base/a.yaml',
      'base/b.yaml',
      'pm.yaml',
    ]);
    const merged = mergeLayers(sources.layers);
    expect(merged.value).toEqual({ global: { log_level: 'debug', log_buffer: 2, on_idle: 'stay', umask: '022' } });
    expect(merged.provenance.get('global.log_buffer')).toEqual({
      layer: 'extends',
      from: 'base/b.yaml',
      line: 1,
      column: 22,
    });
  });

  test('a cycle is named in the order it runs', async () => {
    write('pm.yaml', 'extends: a.yaml\n');
    write('a.yaml', '\nextends: [pm.yaml]\n');
    expect((await refusal()).diagnostics).toMatchObject([
      {
        message: 'extends itself: pm.yaml → a.yaml → pm.yaml',
        path: 'extends[0]',
        position: { file: 'a.yaml', line: 2, column: 11 },
      },
    ]);
  });

  test('a cycle through links ends too', async () => {
    write('pm.yaml', 'extends: link.yaml\n');
    symlinkSync('pm.yaml', join(folder, 'link.yaml'));
    expect((await refusal()).diagnostics[0]?.message).toContain('extends itself');
  });

  test('a base that is missing is an error where it is named, with a frame', async () => {
    write('pm.yaml', 'global: {}\nextends:\n  - base.yaml\n');
    const [diagnostic] = (await refusal()).diagnostics;
    expect(diagnostic).toMatchObject({
      message: 'base.yaml does not exist',
      hint: 'Paths are relative to the file they stand in.',
      position: { file: 'pm.yaml', line: 3, column: 5 },
    });
    expect(diagnostic?.frame).toBe('1 | global: {}\n2 | extends:\n3 |   - base.yaml\n  |     ^');
  });

  test('a path may come from a variable', async () => {
    write('pm.yaml', 'extends: "${STAGE:-dev}.yaml"\n');
    write('dev.yaml', least);
    expect((await load()).layers.map((it) => it.from)).toEqual(['dev.yaml', 'pm.yaml']);
  });

  test('problems of all files come together', async () => {
    write('pm.yaml', 'extends: [a.yaml, b.yaml, 7]\n');
    write('a.yaml', 'x: [\n');
    write('b.yaml', 'x: 1\nx: 2\n');
    const { diagnostics, message } = await refusal();
    expect(diagnostics.map((it) => it.position?.file)).toEqual(['a.yaml', 'b.yaml', 'pm.yaml']);
    expect(message).toBe('pm.yaml has 3 errors');
  });
});

describe('profiles', () => {
  const text = 'global: {log_level: info}\nprofiles:\n  dev: {global: {log_level: debug}}\n  prod: {}\n';

  test('the chosen one lies over the file, the others are kept apart', async () => {
    write('pm.yaml', text);
    const sources = await load({ profile: 'dev' });
    const merged = mergeLayers(sources.layers);
    expect(merged.value).toEqual({ global: { log_level: 'debug' } });
    expect(merged.positionOf('global.log_level')).toEqual({ file: 'pm.yaml', line: 3, column: 29 });
    expect(sources.otherProfiles.map((it) => it.name)).toEqual(['prod']);
  });

  test('PM_PROFILE chooses, --profile wins over it, none is none', async () => {
    write('pm.yaml', text);
    expect((await load({ env: { PM_PROFILE: 'dev' } })).profile).toBe('dev');
    expect((await load({ env: { PM_PROFILE: 'dev' }, profile: 'prod' })).profile).toBe('prod');
    expect((await load({ env: { PM_PROFILE: '' } })).profile).toBeUndefined();
  });

  test('a profile that does not exist is an error with the nearest name', async () => {
    write('pm.yaml', text);
    expect((await refusal({ profile: 'prd' })).diagnostics).toMatchObject([
      { message: 'there is no profile "prd"', hint: 'Did you mean "prod"?' },
    ]);
    expect((await refusal({ profile: 'other' })).diagnostics).toMatchObject([{ hint: 'Profiles are dev, prod.' }]);
  });

  test('a profile cannot extend or hold profiles', async () => {
    write('pm.yaml', 'profiles: {dev: {extends: x, profiles: {}}}\n');
    expect((await refusal()).diagnostics.map((it) => it.message)).toEqual([
      '"extends" cannot stand in a profile',
      '"profiles" cannot stand in a profile',
    ]);
  });
});

describe('secrets', () => {
  test('files are read relative to the configuration, without being followed into devices', async () => {
    write('pm.yaml', least);
    write('secret', 'hunter2\n');
    const sources = await load();
    expect(sources.readFile('secret')).toBe('hunter2\n');
    expect(() => sources.readFile('/dev/zero')).toThrow('not a regular file');
    expect(() => sources.readFile('nope')).toThrow('ENOENT');
  });
});
