import { expect } from 'vitest';
import { ask } from '../../harness/ask.ts';
import { makeCertificates } from '../../harness/certificates.ts';
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

test('where the configuration puts the socket, the verbs find it: a folder, or a place of its own', async ({
  folder,
}) => {
  const web = 'processes: {web: {command: [sleep, "600"]}}\n';
  const places = [
    'global: {runtime_dir: ./state}',
    'global: {runtime_dir: "${STATE_DIR}"}',
    `plugins: {api: {socket: ${folder.path}/own.sock}}`,
    'global: {api_socket: ./flat.sock}',
  ];
  const env = { PM_RUNTIME_DIR: '', STATE_DIR: `${folder.path}/other` };
  for (const place of places) {
    const pm = await folder.run(`${place}\n${web}`, { env });
    await pm.out.waitFor('up after');
    expect(await ask(folder, ['status'], { env })).toMatchObject({ code: 0, err: '' });
    const elsewhere = { ...env, PM_CONFIG: `${folder.path}/pm.yaml` };
    expect(await ask({ ...folder, path: '/' }, ['status'], { env: elsewhere })).toMatchObject({ code: 0, err: '' });
    await folder.write('pm.yaml', `${place}\nprocesses: {`);
    const broken = await ask(folder, ['reload'], { env });
    expect(broken).toMatchObject({ code: 3, out: '' });
    expect(broken.err).toMatch(
      /^pm\.yaml:\d+:\d+ error.*which may say where its socket is, cannot be read\n  Repair it, /s,
    );
    await pm.stop();
  }
});

test('where none is found, it is said where it was looked and how to name one', async ({ folder }) => {
  const env = { PM_RUNTIME_DIR: `${folder.path}/none` };
  expect(await ask(folder, ['status'], { env })).toEqual({
    code: 3,
    out: '',
    err: `pm: no supervisor answers at ${folder.path}/none/pm.sock: there is no such socket
  Start it with "pm run", or say where it is: --socket, PM_SOCKET, or PM_CONFIG for the configuration that it runs.
`,
  });
  expect(await ask(folder, ['status', '--url', 'nowhere'])).toEqual({
    code: 64,
    out: '',
    err: 'pm: "nowhere" is not an http or https URL\n  Write it as http://127.0.0.1:9180.\n',
  });
});

test('over TLS with a client certificate: by options or variables; each mistake is told with what to do [line 40]', async ({
  folder,
}) => {
  makeCertificates(folder);
  const port = await findFreePort();
  const pm = await folder.run(`
plugins: {api: {port: ${port}, tls: {cert_file: old.crt, key_file: old.key, ca_file: ca.crt, client_auth: require}}}
processes: {web: {command: [sleep, "600"]}}
`);
  await pm.out.waitFor('up after');
  const status = (url: string, args: readonly string[], env: Record<string, string> = {}): ReturnType<typeof ask> =>
    ask(folder, ['status', '--url', url, ...args], { env });
  const url = `https://127.0.0.1:${port}`;
  const authority = ['--ca-file', 'ca.crt'];
  const own = ['--cert-file', 'client.crt', '--key-file', 'client.key'];
  expect(await status(url, [...authority, ...own])).toMatchObject({ code: 0, err: '' });
  const variables = { PM_CA_FILE: 'ca.crt', PM_CERT_FILE: 'client.crt', PM_KEY_FILE: 'client.key' };
  expect(await status(url, [], variables)).toMatchObject({ code: 0, err: '' });
  expect(await ask(folder, ['health'], { env: { ...variables, PM_URL: url } })).toMatchObject({ code: 0, out: 'ok\n' });
  const mistakes = [
    [await status(url, own), 3, 'its certificate is not signed by anybody known', '--ca-file'],
    [await status(url, authority), 3, 'it asks for a certificate', '--cert-file'],
    [await status(url, [...authority, ...own.slice(0, 2)]), 64, 'a certificate without --key-file', 'both files'],
    [
      await status(url, [...authority, '--cert-file', 'old.crt', '--key-file', 'client.key']),
      64,
      'cannot be used',
      'PEM',
    ],
    [await status(url, ['--ca-file', 'missing']), 64, 'missing cannot be read: there is no such file', 'PEM'],
    [await status(url, ['--ca-file', 'pm.yaml']), 64, 'pm.yaml is no PEM file', 'BEGIN'],
    [await status(`https://localhost:${port}`, [...authority, ...own]), 3, 'is for another name', 'name or address'],
    [await status(`http://127.0.0.1:${port}`, []), 1, 'broke before the answer was there', 'https://'],
    [await status(`http://127.0.0.1:${port}`, authority), 64, '--ca-file is for https', '--url https://'],
  ] as const;
  for (const [asked, code, message, hint] of mistakes) {
    expect(asked).toMatchObject({ code, out: '' });
    expect(asked.err).toContain(message);
    expect(asked.err).toContain(hint);
  }
  await pm.stop();
});
