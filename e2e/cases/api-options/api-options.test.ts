import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import { type Api, usePort, useSocket } from '../../harness/api.ts';
import { ask } from '../../harness/ask.ts';
import { makeCertificates } from '../../harness/certificates.ts';
import { test, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';
import { findFreePort } from '../../harness/ports.ts';

const token = 'e2e-token-0123456789abcdef';

/** Boots with these options of the API beside a port. */
async function boot(folder: Folder, options: string): Promise<{ pm: Pm; port: number; api: Api }> {
  const port = await findFreePort();
  const pm = await folder.run(
    `processes:\n  web: {command: [sleep, "600"]}\nplugins:\n  api: {port: ${port}, token: ${token}, ${options}}\n`,
  );
  await pm.out.waitFor('up after');
  return { pm, port, api: usePort(port, token) };
}

test('socket_mode: the group may use it too, nobody else', async ({ folder }) => {
  const { pm } = await boot(folder, 'socket_mode: "0660"');
  expect((await stat(`${folder.path}/.run/pm.sock`)).mode & 0o777).toBe(0o660);
  await pm.stop();
});

test('rate_limit: too many from one address are told when to come back; the socket is not limited [line 40]', async ({
  folder,
}) => {
  const { pm, api } = await boot(folder, 'rate_limit: {per_second: 0.1, burst: 3}');
  const replies = [];
  for (let count = 0; count < 5; count += 1) replies.push(await api.get('/api/v1/whoami'));
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
  expect(replies[3]).toMatchObject({
    headers: { 'retry-after': expect.stringMatching(/^\d+$/) as string },
    body: { code: 'PM_API_RATE_LIMITED' },
  });
  for (let count = 0; count < 20; count += 1) expect((await useSocket(folder).get('/livez')).status).toBe(200);
  await pm.stop();
});

test('acl: whoever is not let in learns nothing, by address or by what a trusted proxy says; the socket is always open [line 40]', async ({
  folder,
}) => {
  const denied = await boot(folder, 'acl: {deny_list: [127.0.0.0/8]}');
  expect(await denied.api.get('/livez')).toMatchObject({ status: 403, body: { code: 'PM_API_FORBIDDEN' } });
  expect((await useSocket(folder).get('/livez')).status).toBe(200);
  await denied.pm.out.waitFor('audit: GET /livez by somebody from 127.0.0.1: 403');
  await denied.pm.stop();
  const from = (address: string): { headers: Record<string, string> } => ({ headers: { 'x-forwarded-for': address } });
  const proxied = await boot(folder, 'acl: {mode: allow, allow_list: [192.0.2.0/24], trust_proxy: [127.0.0.1]}');
  expect((await proxied.api.get('/livez')).status).toBe(403);
  expect((await proxied.api.get('/livez', from('192.0.2.7'))).status).toBe(200);
  expect((await proxied.api.get('/livez', from('192.0.2.7, 198.51.100.1'))).status).toBe(403);
  expect((await proxied.api.get('/livez', from('not an address'))).status).toBe(403);
  await proxied.pm.stop();
  const direct = await boot(folder, 'acl: {mode: allow, allow_list: [192.0.2.0/24]}');
  expect((await direct.api.get('/livez', from('192.0.2.7'))).status).toBe(403);
  await direct.pm.stop();
});

test('audit: false writes no change into the log; the event tells it all the same [line 40]', async ({ folder }) => {
  const { pm, api } = await boot(folder, 'audit: false');
  expect((await api.post('/api/v1/processes/web/restart?wait=10s')).status).toBe(200);
  const { events } = (await api.get('/api/v1/events?follow=false&types=command.accepted')).body;
  expect(events).toMatchObject([{ command: 'restart', caller: 'api:token', from: '127.0.0.1' }]);
  await pm.stop();
  expect(pm.out.texts.join('\n')).not.toContain('audit:');
});

test('tls: min_version, client_auth: optional beside a token, auto_reload: false [line 40]', async ({ folder }) => {
  makeCertificates(folder);
  const read = (name: string): Buffer => readFileSync(`${folder.path}/${name}`);
  const place = async (name: string): Promise<void> => {
    await folder.write('server.crt', read(`${name}.crt`).toString());
    await folder.write('server.key', read(`${name}.key`).toString());
  };
  await place('old');
  const { pm, port } = await boot(
    folder,
    'tls: {cert_file: server.crt, key_file: server.key, ca_file: ca.crt, client_auth: optional, min_version: "1.3", auto_reload: false}',
  );
  const visit = (options: https.RequestOptions): Promise<{ status: number; server: string; text: string }> =>
    new Promise((resolve, reject) => {
      const where = { host: '127.0.0.1', port, path: '/api/v1/whoami', agent: false, ca: read('ca.crt') };
      https
        .get({ ...where, ...options }, (response) => {
          const { subject } = (response.socket as TLSSocket).getPeerCertificate();
          const seen = { status: response.statusCode ?? 0, server: subject.CN };
          let text = '';
          response.on('data', (chunk: Buffer) => void (text += chunk.toString()));
          response.on('end', () => resolve({ ...seen, text }));
        })
        .on('error', reject);
    });
  const withToken = { headers: { authorization: `Bearer ${token}` } };
  const withCertificate = { cert: read('client.crt'), key: read('client.key') };
  await expect(visit({ ...withToken, maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version|alert/);
  expect(await visit({})).toMatchObject({ status: 401 });
  expect(await visit(withToken)).toMatchObject({ status: 200, server: 'old' });
  expect(JSON.parse((await visit(withCertificate)).text)).toMatchObject({ caller: 'api:cert-deploy', role: 'admin' });
  await place('new');
  for (let round = 0; round < 3; round += 1) expect((await visit(withToken)).server).toBe('old');
  await pm.stop();
});

test('scale_locked: commands do not change how many there are, until a reload unlocks it', async ({ folder }) => {
  const web = (lock: string): string => `processes:\n  web: {command: [sleep, "600"]${lock}}\n`;
  const pm = await folder.run(web(', scale_locked: true'));
  await pm.out.waitFor('up after');
  expect(await ask(folder, ['scale', 'web', '2'])).toEqual({
    code: 1,
    out: '',
    err: 'pm: cannot scale "web": it is locked\n  Remove processes.web.scale_locked if it can have several instances.\n',
  });
  expect((await ask(folder, ['scale', 'web', '1'])).code).toBe(0);
  await folder.write('pm.yaml', web(''));
  expect((await ask(folder, ['reload'])).code).toBe(0);
  expect((await ask(folder, ['scale', 'web', '2'])).out).toBe('web has 2 instances: READY\n');
  await pm.stop();
});
