import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect } from 'vitest';
import { usePort } from '../../harness/api.ts';
import { makeCertificates } from '../../harness/certificates.ts';
import { test, until } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';

const web = 'processes:\n  web: {command: [sleep, "74115"]}\n';
const token = 'e2e-token-0123456789abcdef';

describe('the API on TCP', () => {
  test('beyond loopback without a token or client certificates pm does not start, and says where to look [lines 1, 40]', async ({
    folder,
  }) => {
    const pm = await folder.run(`${web}plugins:\n  api: {port: 9180, host: 0.0.0.0}\n`);
    expect((await pm.ended).code).toBe(78);
    expect(pm.err.lines.join('\n')).toMatch(
      /pm\.yaml:4:\d+ error plugins\.api\.host: the API would listen on 0\.0\.0\.0 for everybody/,
    );
    expect(await folder.countProcesses('sleep\x0074115')).toBe(0);
    const check = folder.pm(['check']);
    expect((await check.ended).code).toBe(78);
  });

  test('a token, by its role; who has none learns nothing, and is told in the log [line 40]', async ({ folder }) => {
    const port = await findFreePort();
    const pm = await folder.run(
      `${web}plugins:\n  api: {port: ${port}, tokens: [{name: ci, token: "\${TOKEN}", role: operate}]}\n`,
      { env: { TOKEN: token } },
    );
    await pm.out.waitFor(`the API listens on http://127.0.0.1:${port}`);
    expect((await usePort(port).get('/api/v1/status')).status).toBe(401);
    expect((await usePort(port, `${token}x`).get('/api/v1/status')).status).toBe(401);
    await pm.out.waitFor('audit: GET /api/v1/status by somebody from 127.0.0.1: 401 PM_API_UNAUTHENTICATED');
    const api = usePort(port, token);
    expect((await api.post('/api/v1/processes/web/restart?wait=10s')).body).toMatchObject({
      caller: 'api:ci',
      state: 'succeeded',
    });
    expect((await api.request('PUT', '/api/v1/processes/x', { body: { command: 'id' } })).status).toBe(403);
    const { text } = await api.get('/api/v1/config');
    expect(text).toContain('******');
    expect(text).not.toContain(token);
    await pm.stop();
    expect(pm.out.lines.join('\n')).not.toContain(token);
  });

  test("PHPeek PM's keys: its paths answer, with its token", async ({ folder }) => {
    const port = await findFreePort();
    const pm = await folder.run(`
version: "1.0"
global:
  api_enabled: true
  api_port: ${port}
  api_auth: ${token}
  api_acl: {enabled: true, mode: allow, allow_list: ["127.0.0.1"]}
  audit_enabled: true
${web}`);
    await pm.out.waitFor(`the API listens on http://*:${port}`);
    const api = usePort(port, token);
    expect((await usePort(port).get('/api/v1/health')).body).toEqual({ status: 'healthy' });
    expect((await api.get('/api/v1/processes')).body.processes).toMatchObject([
      { name: 'web', instances: [{ id: 'web-1' }] },
    ]);
    expect((await api.post('/api/v1/processes/web/scale?wait=10s', { desired: 2 })).status).toBe(200);
    expect((await api.post('/api/v1/processes/web/scale?wait=10s', { delta: -1 })).status).toBe(200);
    expect((await api.post('/api/v1/config/reload?wait=10s')).status).toBe(200);
    expect((await api.get('/api/v1/oneshot/history')).body).toEqual({ runs: [] });
    expect((await api.get('/api/v1/logs?limit=1')).body).toMatchObject({ limit: 1, count: 1 });
    expect(await api.post('/api/v1/processes/web/schedule/pause')).toMatchObject({
      status: 404,
      body: { code: 'PM_API_NO_PROVIDER' },
    });
    await pm.stop();
  });

  test('the key that is written is the one that is blamed', async ({ folder }) => {
    const pm = await folder.run(`global:\n  api_enabled: true\n  api_port: 70000\n${web}`);
    expect((await pm.ended).code).toBe(78);
    expect(pm.err.lines.join('\n')).toMatch(/pm\.yaml:3:\d+ error global\.api_port/);
  });
});

test('TLS with client certificates: who has one is let in by its name, and a new certificate is taken up without a restart [line 40]', async ({
  folder,
}) => {
  makeCertificates(folder);
  const read = (name: string): Buffer => readFileSync(`${folder.path}/${name}`);
  const place = async (name: string): Promise<void> => {
    await folder.write('server.crt', read(`${name}.crt`).toString());
    await folder.write('server.key', read(`${name}.key`).toString());
  };
  await place('old');
  const port = await findFreePort();
  const pm = await folder.run(
    `${web}plugins:\n  api: {port: ${port}, host: "*", tls: {cert_file: server.crt, key_file: server.key, ca_file: ca.crt, client_auth: require}}\n`,
  );
  await pm.out.waitFor(`the API listens on https://*:${port}`);
  const visit = (options: https.RequestOptions): Promise<{ server: string; text: string }> =>
    new Promise((resolve, reject) => {
      https
        .get(
          { host: '127.0.0.1', port, path: '/api/v1/whoami', agent: false, ca: read('ca.crt'), ...options },
          (response) => {
            const { subject } = (response.socket as TLSSocket).getPeerCertificate();
            let text = '';
            response
              .on('data', (chunk: Buffer) => void (text += chunk.toString()))
              .on('end', () => resolve({ server: subject.CN, text }));
          },
        )
        .on('error', reject);
    });
  const mine = { cert: read('client.crt'), key: read('client.key') };
  await expect(visit({})).rejects.toThrow();
  const first = await visit(mine);
  expect(JSON.parse(first.text)).toMatchObject({ caller: 'api:cert-deploy', role: 'admin', transport: 'tls' });
  expect(first.server).toBe('old');
  await place('new');
  await until('the new certificate', async () => (await visit(mine)).server === 'new');
  await pm.stop();
});
