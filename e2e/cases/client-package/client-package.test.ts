import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env });
}

test('the client from its tarball brings nothing else along, is type-checked, and drives a supervisor', async ({
  folder,
}) => {
  const home = join(folder.path, 'somewhere-else');
  await cp(join(import.meta.dirname, 'project'), home, { recursive: true });
  run(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path],
    join(root, 'packages/client'),
  );
  const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
  run(
    'npm',
    ['install', '--silent', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', join(folder.path, tarball)],
    home,
  );
  const installed = readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect([installed, readdirSync(join(home, 'node_modules/@pm-supervisor'))]).toEqual([['@pm-supervisor'], ['client']]);

  // The types of the compiler's and Node's own are the workspace's; everything else is what was installed.
  run(join(root, 'node_modules/.bin/tsc'), ['-p', home, '--typeRoots', join(root, 'node_modules/@types')], home);

  const pm = await folder.run('processes: {web: {command: [sleep, "600"]}}');
  await pm.out.waitFor('up after');
  const answer = run(process.execPath, ['program.ts'], home, {
    ...process.env,
    PM_SOCKET: `${folder.path}/.run/pm.sock`,
  });
  expect(JSON.parse(answer)).toEqual(['READY', true, 'api:socket', 404]);
  await pm.stop();
});
