import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { helperStatus, loadSys, svexecPath } from './index.ts';

const place = `${process.platform}-${process.arch}`;
const built = join(import.meta.dirname, '../prebuilt', place);
const folder = mkdtempSync(join(tmpdir(), 'load-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let copies = 0;

/** The loader as somebody else's bundle would carry it, at `folder/N/WHERE/load.ts`. */
function copyLoader(where: string): {
  readonly root: string;
  status(...prefix: string[]): { sys: boolean; svexec: boolean; reason?: string };
} {
  const root = join(folder, String((copies += 1)));
  const file = join(root, where, 'load.ts');
  mkdirSync(dirname(file), { recursive: true });
  cpSync(join(import.meta.dirname, 'load.ts'), file);
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  const script = `import { helperStatus } from ${JSON.stringify(file)}; console.log(JSON.stringify(helperStatus()))`;
  const status = (...prefix: string[]): { sys: boolean; svexec: boolean; reason?: string } => {
    const node = [process.execPath, '--input-type=module', '-e', script];
    const [command = '', ...words] = [...prefix, ...node];
    return JSON.parse(execFileSync(command, words, { encoding: 'utf8' })) as {
      sys: boolean;
      svexec: boolean;
      reason?: string;
    };
  };
  return { root, status };
}

describe('here', () => {
  test('both are found, and there is no reason to give', () => {
    expect(helperStatus()).toEqual({ sys: true, svexec: true });
    expect(svexecPath()).toBe(join(built, 'svexec'));
    expect(loadSys()).toBe(loadSys());
  });

  test('PM_NATIVE=off turns both off', () => {
    vi.stubEnv('PM_NATIVE', 'off');
    expect([loadSys(), svexecPath()]).toEqual([undefined, undefined]);
    expect(helperStatus()).toEqual({ sys: false, svexec: false, reason: 'turned off by PM_NATIVE=off' });
  });
});

describe('elsewhere', () => {
  test.each([
    ['beside dist', 'dist', 'prebuilt'],
    ['in the folder of a bundle', 'bundle', 'bundle/prebuilt'],
    ['where the package is installed', 'a/b/c', 'node_modules/@pm-supervisor/native/prebuilt'],
  ])('they are found %s', (_what, where, prebuilt) => {
    const { root, status } = copyLoader(where);
    cpSync(built, join(root, prebuilt, place), { recursive: true });
    writeFileSync(join(root, prebuilt, '../package.json'), '{"type":"module"}');
    expect(status()).toEqual({ sys: true, svexec: true });
  });

  test('no built files: the reason names the place and where it looked', () => {
    const { root, status } = copyLoader('dist');
    const reason = status().reason ?? '';
    expect(reason).toContain(`no sys.node for ${place} in ${join(root, 'prebuilt')}, ${join(root, 'dist/prebuilt')}`);
    expect(reason).toContain(`no svexec for ${place}`);
  });

  test('a file that is no addon, and a program that is not executable, are told apart from missing ones', () => {
    const { root, status } = copyLoader('dist');
    cpSync(built, join(root, 'prebuilt', place), { recursive: true });
    writeFileSync(join(root, 'prebuilt', place, 'sys.node'), 'not an addon');
    chmodSync(join(root, 'prebuilt', place, 'svexec'), 0o644);
    const found = status();
    expect(found).toMatchObject({ sys: false, svexec: false });
    expect(found.reason).toMatch(/sys\.node cannot be loaded: .*; .*svexec cannot be executed: it needs mode 755/);
  });

  test('a file system mounted noexec is found out before anything is started', () => {
    const { root, status } = copyLoader('dist');
    const mount = join(root, 'prebuilt');
    mkdirSync(mount);
    const script = `mount -t tmpfs -o noexec none ${mount} && cp -r ${built} ${mount}/ && exec "$@"`;
    const found = status('/usr/bin/unshare', '--mount', '/bin/sh', '-c', script, 'sh');
    expect(found).toMatchObject({ sys: false, svexec: false });
    expect(found.reason).toContain('not mounted noexec');
  });
});

describe('build.ts', () => {
  /** A copy of the package's sources, with the headers it needs. */
  function copyPackage(): string {
    const root = join(folder, String((copies += 1)));
    const source = join(import.meta.dirname, '..');
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    for (const name of ['build.ts', 'package.json', 'src-c'])
      cpSync(join(source, name), join(root, name), { recursive: true });
    symlinkSync(join(source, '../../node_modules/node-api-headers'), join(root, 'node_modules/node-api-headers'));
    return root;
  }

  function build(
    root: string,
    env: NodeJS.ProcessEnv = process.env,
  ): { readonly status: number | null; readonly stdout: string } {
    return spawnSync(process.execPath, [join(root, 'build.ts')], { encoding: 'utf8', env });
  }

  test('makes both files, and nothing when nothing has changed', () => {
    const root = copyPackage();
    expect(build(root)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`sys.node, svexec for ${place} (cc)`),
    });
    expect(build(root)).toMatchObject({ status: 0, stdout: '' });
  }, 30_000);

  test('without a compiler it says so in one line, and succeeds', () => {
    const root = copyPackage();
    const result = build(root, { PATH: '/nonexistent' });
    expect(result).toMatchObject({
      status: 0,
      stdout: 'native: no C compiler (cc): pm will run without its native files\n',
    });
  });
});
