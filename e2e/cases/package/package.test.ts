import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Folder, test } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';
import { createWatchedLines } from '../../harness/watched-lines.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function run(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Installs the package from its tarball, without a registry, and returns the path of `pm`. */
async function install(folder: Folder, home: string): Promise<string> {
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path], join(root, 'packages/cli'));
  const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
  await mkdir(home);
  run('npm', ['init', '-y'], home);
  run('npm', ['install', '--silent', '--offline', '--no-audit', join(folder.path, tarball)], home);
  return join(home, 'node_modules/.bin/pm');
}

test('what is published runs the tutorial where nothing else is installed', async ({ folder, onTestFinished }) => {
  const home = join(folder.path, 'hello-pm');
  const pm = await install(folder, home);
  await cp(join(root, 'examples/getting-started'), home, { recursive: true });
  expect(readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['pm-supervisor']);
  const cache = join(home, 'node_modules/pm-supervisor/dist/.cache');
  expect(existsSync(cache)).toBe(false);
  expect(run(pm, ['version'], home)).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run(pm, ['check'], home)).toContain('pm.yaml is right');

  const port = await findFreePort();
  const child = spawn(pm, ['run'], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HELLO_PORT: String(port), PM_RUNTIME_DIR: join(folder.path, 'run') },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const out = createWatchedLines(child.stdout, ended);
  await out.waitFor('server-1 is ready');
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('Hello Ada\nHello Grace\n');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  const [tag = ''] = readdirSync(cache);
  expect(readdirSync(join(cache, tag))).toContain('daemon.js.code');
});
