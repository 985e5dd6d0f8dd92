import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseRuntimeDir, listPlaces, listRuntimeDirs, type RuntimeDir } from './runtime-dir.ts';

const uid = process.geteuid?.() ?? 0;
const isRoot = uid === 0;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pm-root-'));
  mkdirSync(join(root, 'run'));
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 });
});
afterEach(() => rmSync(root, { recursive: true }));

const choose = (env: Record<string, string> = {}): RuntimeDir => chooseRuntimeDir({ env, root });
const inTmp = (): string => join(root, `tmp/pm-${uid}`);
const inRun = (): string => join(root, 'run/pm');

describe('[line 30] the runtime directory', () => {
  test('is looked for in a fixed order', () => {
    const env = { PM_RUNTIME_DIR: '/chosen', XDG_RUNTIME_DIR: '/run/user/7' };
    expect(listPlaces({ env, configured: '/configured' }, 7)).toEqual([
      '/chosen',
      '/configured',
      '/run/pm',
      '/run/user/7/pm',
      '/tmp/pm-7',
    ]);
    expect(listPlaces({ env: { PM_RUNTIME_DIR: '', XDG_RUNTIME_DIR: '' } }, 7)).toEqual(['/run/pm', '/tmp/pm-7']);
  });

  test('can be looked for without making it', () => {
    const env = { PM_RUNTIME_DIR: join(root, 'chosen') };
    expect(listRuntimeDirs(env)).toEqual([join(root, 'chosen'), '/run/pm', `/tmp/pm-${uid}`]);
    expect(() => statSync(join(root, 'chosen'))).toThrow('ENOENT');
  });

  test('is made for us alone', () => {
    expect(choose()).toEqual({ path: inRun(), refused: [] });
    expect(statSync(inRun()).mode & 0o777).toBe(0o700);
  });

  test('is used again as it is', () => {
    mkdirSync(inRun(), { mode: 0o755 });
    chmodSync(inRun(), 0o755);
    expect(choose().path).toBe(inRun());
    expect(statSync(inRun()).mode & 0o777).toBe(0o755);
  });

  test.each<[string, () => void, RegExp]>([
    ['a link', () => symlinkSync(root, inRun()), /symbolic link/],
    ['a dangling link', () => symlinkSync(join(root, 'nowhere'), inRun()), /symbolic link/],
    ['a file', () => writeFileSync(inRun(), ''), /not a directory/],
    [
      'a folder that others may write to',
      () => (mkdirSync(inRun()), chmodSync(inRun(), 0o777)),
      /others may write to it \(mode 777\)/,
    ],
    ['nothing above it', () => rmSync(join(root, 'run'), { recursive: true }), /directory above it does not exist/],
  ])('%s in its place is refused, and the next place taken', (_, prepare, reason) => {
    prepare();
    const chosen = choose();
    expect(chosen.path).toBe(inTmp());
    expect(chosen.refused).toEqual([{ path: inRun(), reason: expect.stringMatching(reason) }]);
  });

  test.runIf(isRoot)("somebody else's folder is refused, also when we are root", () => {
    mkdirSync(inRun());
    chownSync(inRun(), 12_345, 12_345);
    expect(choose().refused).toEqual([{ path: inRun(), reason: 'it belongs to another user (uid 12345)' }]);
  });

  test.runIf(isRoot)('[line 30] on a read-only root there is none, and nothing is changed', () => {
    mkdirSync(inRun());
    chmodSync(inRun(), 0o770);
    // A private mount namespace: the machine's own mounts stay as they are.
    const script = `mount --bind ${root} ${root} && mount -o remount,ro,bind ${root} && exec "$@"`;
    const program = `import { chooseRuntimeDir } from '${import.meta.dirname}/runtime-dir.ts';
      console.log(JSON.stringify(chooseRuntimeDir({ env: {}, root: '${root}' })));`;
    const node = [process.execPath, '--input-type=module-typescript', '-e', program];
    const output = execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...node], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(output)).toEqual({
      refused: [
        { path: inRun(), reason: 'others may write to it (mode 770)' },
        { path: inTmp(), reason: 'it is on a read-only file system' },
      ],
    });
  });
});
