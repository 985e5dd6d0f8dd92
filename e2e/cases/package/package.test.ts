import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('what is published runs where nothing else is: version, check, and the tutorial', async ({ folder }) => {
  const run = (file: string, args: readonly string[], cwd = folder.path): string => execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path], join(root, 'packages/cli'));
  const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
  const home = join(folder.path, 'hello-pm');
  await mkdir(home);
  run('npm', ['init', '-y'], home);
  run('npm', ['install', '--silent', '--offline', '--no-audit', join(folder.path, tarball)], home);
  await cp(join(root, 'examples/getting-started'), home, { recursive: true });
  const pm = join(home, 'node_modules/.bin/pm');

  expect(run(pm, ['version'], home)).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run(pm, ['check'], home)).toContain('pm.yaml');
  const running = folder.pm([], { cwd: home, under: pm });
  await running.out.waitFor('server-1 is ready');
});
