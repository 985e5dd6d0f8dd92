import { expect } from 'vitest';
import { ask } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';

test('which supervisor is meant: --socket, PM_SOCKET, the runtime directory; --url with PM_API_TOKEN', async ({
  folder,
}) => {
  const port = await findFreePort();
  const pm = await folder.run(`
plugins: {api: {port: ${port}, token: secret}}
processes: {web: {command: [sleep, "600"]}}
`);
  await pm.out.waitFor('up after');
  const nowhere = { PM_RUNTIME_DIR: '/nowhere' };
  const socket = `${folder.path}/.run/pm.sock`;
  const url = `http://127.0.0.1:${port}`;
  const code = async (args: readonly string[], env: Record<string, string>): Promise<number | null> =>
    (await ask(folder, ['status', ...args], { env: { ...nowhere, ...env } })).code;
  expect(await code([], {})).toBe(3);
  expect(await code([], { PM_RUNTIME_DIR: `${folder.path}/.run` })).toBe(0);
  expect(await code([], { PM_SOCKET: socket })).toBe(0);
  expect(await code(['--socket', socket], { PM_SOCKET: '/nowhere' })).toBe(0);
  expect(await code(['--url', url], { PM_API_TOKEN: 'secret', PM_SOCKET: '/nowhere' })).toBe(0);
  expect(await code([], { PM_URL: url, PM_API_TOKEN: 'secret', PM_SOCKET: '/nowhere' })).toBe(0);
  const refused = await ask(folder, ['status', '--url', url], { env: { ...nowhere, PM_API_TOKEN: 'wrong' } });
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).not.toContain('wrong');
  await pm.stop();
});

test('a verb from inside a service talks to its own supervisor [line 18]', async ({ folder }) => {
  const pm = await folder.run(
    `
processes:
  web: {command: [sleep, "600"], initial_state: stopped}
  boss: {command: [sh, -c, '"$NODE" "$PM" start web && "$NODE" "$PM" stop boss']}
`,
    { env: { NODE: process.execPath, PM: (await import('../../harness/pm.ts')).pmPath } },
  );
  await pm.out.waitFor('boss-1: web is READY');
  await pm.out.waitFor('boss-1 ended');
  expect((await ask(folder, ['status', 'web'])).code).toBe(0);
  await pm.stop();
});
