import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { test, until, type Folder } from '../../harness/folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const packages = ['packages/native', 'packages/core', 'packages/cli', 'examples/plugin-heartbeat'];

function run(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A project of somebody else's, with everything installed from tarballs as npm would deliver it. */
async function installFromTarballs({ path }: Folder): Promise<string> {
  for (const folder of packages) {
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', path], join(root, folder));
  }
  const tarballs = readdirSync(path).filter((name) => name.endsWith('.tgz'));
  expect(tarballs).toHaveLength(packages.length);
  const home = join(path, 'somewhere-else');
  await cp(join(import.meta.dirname, 'project'), home, { recursive: true });
  const flags = ['--silent', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  run('npm', ['install', ...flags, ...tarballs.map((name) => join(path, name))], home);
  return home;
}

test('a plugin from a tarball is type-checked and run far from the workspace', async ({ folder }) => {
  const home = await installFromTarballs(folder);

  // The types of the compiler's and Node's own are the workspace's; everything else is what was installed.
  run(join(root, 'node_modules/.bin/tsc'), ['-p', home, '--typeRoots', join(root, 'node_modules/@types')], home);

  const pm = join(home, 'node_modules/.bin/pm');
  expect(run(pm, ['check'], home)).toContain('pm.yaml');
  const running = folder.pm(['run'], { cwd: home, pm });
  await running.out.waitFor('web-1: hello from a plugin of this folder');
  const beat = join(home, 'beats', 'web-1');
  const touchedAt = async (): Promise<number> => (await stat(beat).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
  await until('the first beat', async () => (await touchedAt()) > 0);
  const first = await touchedAt();
  await until('the next beat', async () => (await touchedAt()) > first);
  await running.out.waitFor('pm: web-1 beats');
  expect(await running.stop()).toEqual({ code: 0, signal: null });
});
