import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Folder, test } from '../../harness/folder.ts';
import { pmPath } from '../../harness/pm.ts';

const record = fileURLToPath(new URL('../../../tmp/bundle.json', import.meta.url));

const helper = process.env['PM_NATIVE'] !== 'off';

type Metafiles = Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>;

test('the daemon carries only the libraries that every boot needs', () => {
  const { 'daemon.js': daemon } = JSON.parse(readFileSync(record, 'utf8')) as Metafiles;
  const libraries = Object.keys(daemon?.inputs ?? {}).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  expect([...new Set(libraries)].toSorted()).toEqual(['tapable', 'valibot']);
});

test('the daemon carries the doors of the API, and nothing of what answers behind them', () => {
  const { 'daemon.js': daemon, 'api.js': answers } = JSON.parse(readFileSync(record, 'utf8')) as Metafiles;
  const filesOf = (file: Metafiles[string] | undefined): string[] =>
    Object.keys(file?.inputs ?? {}).flatMap((path) => /plugin-api\/src\/(.*)$/.exec(path)?.[1] ?? []);
  expect(filesOf(daemon)).toContain('listen/doors.ts');
  expect(filesOf(daemon).filter((path) => /^(app|handlers|streams)\//.test(path))).toEqual([]);
  expect(filesOf(answers)).toContain('handlers/commands.ts');
  expect(Object.keys(answers?.inputs ?? {}).filter((path) => path.includes('core/src/'))).toEqual([]);
});

/** Runs one oneshot and reports what it made Node load beyond what Node loads for itself, and which files it read. */
async function loadedBy(folder: Folder, env: Record<string, string>): Promise<{ builtins: string[]; files: string[] }> {
  await folder.write('pm.yaml', 'processes: { a: { type: oneshot, command: ["true"] } }\n');
  const hook = await folder.write(
    'hook.cjs',
    `const { reallyExit, moduleLoadList } = process;
     const files = [];
     const vm = require('node:vm');
     const { Script } = vm;
     vm.Script = function (source, options) { files.push(options.filename); return new Script(source, options); };
     process.reallyExit = (code) => {
       require('node:fs').writeFileSync('loaded.json', JSON.stringify({ builtins: moduleLoadList, files }));
       reallyExit.call(process, code);
     };`,
  );
  const child = spawn(process.execPath, ['--require', hook, pmPath, 'run'], {
    cwd: folder.path,
    env: { ...process.env, PM_RUNTIME_DIR: join(folder.path, 'run'), ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  return JSON.parse(await folder.read('loaded.json')) as { builtins: string[]; files: string[] };
}

test('a boot loads no module of Node that costs much, and only its own format', async ({ folder }) => {
  const { builtins, files } = await loadedBy(folder, { PM_GLOBAL_LOG_FORMAT: 'text' });
  const dear = [
    'fs/promises',
    'http',
    'https',
    'crypto',
    'worker_threads',
    'internal/perf/performance',
    'internal/deps/undici/undici',
    'inspector',
    'dns',
  ];
  expect(dear.filter((name) => builtins.includes(`NativeModule ${name}`))).toEqual([]);
  expect(files.map((path) => path.replace(/^.*\/dist\//, ''))).toEqual(['daemon.js', 'lib/yaml.js']);
});

test('sockets and streams are loaded once the first service is on its way', async ({ folder }) => {
  await folder.write('pm.yaml', 'processes: { a: { type: oneshot, command: ["true"] } }\n');
  const hook = await folder.write(
    'hook.cjs',
    `const { Module } = require('node:module');
     const load = Module._extensions['.node'];
     Module._extensions['.node'] = (module, file) => {
       load(module, file);
       const { spawn } = module.exports;
       module.exports.spawn = (...how) => {
         const pid = spawn(...how);
         require('node:fs').writeFileSync('loaded.json', JSON.stringify(process.moduleLoadList));
         return pid;
       };
     };`,
  );
  const child = spawn(process.execPath, ['--require', hook, pmPath, 'run'], {
    cwd: folder.path,
    env: { ...process.env, PM_RUNTIME_DIR: join(folder.path, 'run') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  expect(await once(child, 'exit')).toEqual([0, null]);
  const loaded = await folder.read('loaded.json');
  // Without the helper services are started by Node's own way, through streams.
  if (!helper) return expect(loaded).toBe('');
  const builtins = JSON.parse(loaded) as string[];
  expect(['stream', 'net', 'tty'].filter((name) => builtins.includes(`NativeModule ${name}`))).toEqual([]);
});

test('pino is loaded where records are JSON', async ({ folder }) => {
  const { files } = await loadedBy(folder, { PM_GLOBAL_LOG_FORMAT: 'json' });
  expect(files.map((path) => path.replace(/^.*\/dist\//, ''))).toEqual(['daemon.js', 'lib/yaml.js', 'lib/pino.js']);
});
