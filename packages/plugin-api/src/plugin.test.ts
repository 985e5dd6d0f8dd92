import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Diagnostic } from '@pm-supervisor/core';
import { createFakeClock, createTestSupervisor, describePlugin, planForTest } from '@pm-supervisor/core/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { api } from './plugin.ts';
import { bootApi, send } from './testing/api-bench.ts';

const place = { folder: '' };
beforeAll(() => {
  place.folder = mkdtempSync(join(tmpdir(), 'plugin-api-'));
});
afterAll(() => rmSync(place.folder, { recursive: true, force: true }));

describePlugin({ describe, test }, () => ({
  name: 'api',
  plugin: api,
  config: { processes: { web: { command: 'web' } }, plugins: { api: { socket: join(place.folder, 'c.sock') } } },
}));

interface Checked {
  readonly severity: Diagnostic['severity'];
  readonly path: string;
  readonly message: string;
}

async function check(options: object, global: object = {}): Promise<readonly Checked[]> {
  const config = { processes: { web: { command: 'web' } }, global, plugins: { api: options } };
  try {
    const planned = await planForTest({ config, plugins: { api } }, createFakeClock());
    await planned.host.dispose();
    return planned.warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.diagnostics;
    throw error;
  }
}

const token = 'a-token-that-is-long-enough';

describe('what is checked before anything starts', () => {
  test.for([
    [{ port: 9180 }, {}],
    [{ port: 9180, host: '::1' }, {}],
    [{ port: 9180, host: '*', token }, {}],
    [{ port: 9180, host: '0.0.0.0', tokens: [{ name: 'ci', token, role: 'operate' }] }, {}],
    [{ socket_mode: '0660', max_request_body: '1MB', audit: false }, {}],
    [
      {
        port: 9180,
        rate_limit: { per_second: 5, burst: 10 },
        acl: { mode: 'deny', deny_list: '10.0.0.0/8', trust_proxy: ['::1'] },
      },
      {},
    ],
    [
      {},
      {
        api_enabled: true,
        api_port: 8080,
        api_auth: token,
        api_acl: { enabled: true, mode: 'allow', allow_list: ['10.0.0.0/8'] },
        api_max_request_body: 1_048_576,
        audit_enabled: true,
      },
    ],
    [{}, { api_enabled: false, api_port: 8080, api_tls: { enabled: false } }],
  ] as const)('%o with %o is right', async ([options, global]) => {
    expect(await check(options, global)).toEqual([]);
  });

  test.for([
    [{ port: 9180, host: '0.0.0.0' }, {}, 'error', 'plugins.api.host', 'would listen on 0.0.0.0 for everybody'],
    [{ port: 9180, host: 'my-host' }, {}, 'error', 'plugins.api.host', 'for everybody'],
    [
      { port: 9180, host: '*', tls: { cert_file: '/etc/hostname', key_file: '/etc/hostname' } },
      {},
      'error',
      'plugins.api.host',
      'every address',
    ],
    [{ port: 0 }, {}, 'error', 'plugins.api.port', 'from 1 to 65535'],
    [{ prot: 1 }, {}, 'error', 'plugins.api.prot', 'unknown key "prot"'],
    [{ token: 'with space' }, {}, 'error', 'plugins.api.token', 'cannot carry'],
    [{ token: 'short' }, {}, 'warning', 'plugins.api.token', 'can be guessed'],
    [{}, { api_auth: 'short' }, 'warning', 'global.api_auth', 'can be guessed'],
    [
      {
        tokens: [
          { name: 'a', token },
          { name: 'a', token: `${token}2` },
        ],
      },
      {},
      'error',
      'plugins.api.tokens[1]',
      'two tokens with the name "a"',
    ],
    [{ token, tokens: [{ name: 'a', token }] }, {}, 'error', 'plugins.api.tokens[0]', 'given twice'],
    [
      { tokens: [{ name: 'socket', token }] },
      {},
      'error',
      'plugins.api.tokens[0].name',
      'is the name of callers without a token',
    ],
    [{ tokens: [{ name: 'a' }] }, {}, 'error', 'plugins.api.tokens[0]', 'has no "token"'],
    [
      { tokens: [{ name: 'a', token, role: 'root' }] },
      {},
      'error',
      'plugins.api.tokens[0].role',
      'read, operate, admin',
    ],
    [
      { port: 1, acl: { allow_list: ['10.0.0'] } },
      {},
      'error',
      'plugins.api.acl.allow_list[0]',
      'is no address and no range',
    ],
    [{ port: 1, acl: { mode: 'allow' } }, {}, 'warning', 'plugins.api.acl', 'lets nobody in'],
    [{ acl: { mode: 'deny' } }, {}, 'warning', 'plugins.api.acl', 'has no effect'],
    [{}, { api_acl: {} }, 'warning', 'global.api_acl', 'has no effect'],
    [{ port: 1, tls: {} }, {}, 'error', 'plugins.api.tls', 'needs both cert_file and key_file'],
    [
      { port: 1, tls: { cert_file: '/no/such', key_file: '/etc/hostname' } },
      {},
      'error',
      'plugins.api.tls.cert_file',
      '/no/such cannot be read: ENOENT',
    ],
    [
      { port: 1, tls: { cert_file: '/etc/hostname', key_file: '/etc/hostname', client_auth: 'require' } },
      {},
      'error',
      'plugins.api.tls',
      'needs a ca_file',
    ],
    [{ socket_mode: 600 }, {}, 'error', 'plugins.api.socket_mode', 'file mode'],
    [{ rate_limit: { per_second: 0 } }, {}, 'error', 'plugins.api.rate_limit.per_second', 'number'],
  ] as const)('%o with %o is an %s at %s', async ([options, global, severity, path, message]) => {
    const found = await check(options, global);
    expect(found.map((one) => `${one.severity} ${one.path}`)).toContain(`${severity} ${path}`);
    expect(found.find((one) => one.path === path)?.message).toContain(message);
  });

  test("PHPeek PM's keys listen where it did, where that is safe", async () => {
    expect(await check({}, { api_enabled: true, api_auth: token })).toEqual([]);
    expect(await check({}, { api_enabled: true })).toEqual([]);
  });
});

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('TCP', () => {
  test('a token decides: none is 401, a wrong one is 401, one of a lesser role is 403 [line 40]', async () => {
    const port = await findPort();
    const pm = await bootApi({
      options: {
        port,
        tokens: [
          { name: 'reader', token, role: 'read' },
          { name: 'ops', token: `${token}-2`, role: 'operate' },
        ],
      },
    });
    const ask = (method: string, path: string, authorization?: string) =>
      send({ port, method, path, headers: authorization === undefined ? {} : { authorization } });
    expect(await ask('GET', '/api/v1/status')).toMatchObject({
      status: 401,
      body: { code: 'PM_API_UNAUTHENTICATED' },
      headers: { 'www-authenticate': 'Bearer realm="pm"' },
    });
    expect(await ask('GET', '/api/v1/status', 'Bearer wrong')).toMatchObject({ status: 401 });
    expect(await ask('GET', '/no/such/path')).toMatchObject({ status: 401 });
    expect(await ask('GET', '/livez')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/readyz')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/api/v1/whoami', `Bearer ${token}`)).toMatchObject({
      status: 200,
      body: { caller: 'api:reader', role: 'read', transport: 'tcp', peer: '127.0.0.1' },
    });
    expect(await ask('POST', '/api/v1/processes/web/restart', `Bearer ${token}`)).toMatchObject({
      status: 403,
      body: { code: 'PM_API_FORBIDDEN' },
    });
    expect((await ask('POST', '/api/v1/processes/web/start', `Bearer ${token}-2`)).status).toBe(200);
    expect(await ask('DELETE', '/api/v1/processes/web', `Bearer ${token}-2`)).toMatchObject({ status: 403 });
    expect(pm.eventsOf('command.accepted')).toMatchObject([{ caller: 'api:ops', from: '127.0.0.1' }]);
    expect(pm.eventsOf('api.denied').map(({ code, caller }) => `${caller ?? '-'} ${code}`)).toEqual([
      '- PM_API_UNAUTHENTICATED',
      '- PM_API_UNAUTHENTICATED',
      '- PM_API_UNAUTHENTICATED',
      'api:reader PM_API_FORBIDDEN',
      'api:ops PM_API_FORBIDDEN',
    ]);
    expect(pm.logs.records.filter((record) => record.startsWith('warn: audit:'))).toHaveLength(5);
    expect(JSON.stringify([pm.events, pm.logs.records])).not.toContain(token);
    expect(await pm.stop()).toBe(0);
  });

  test('without a token on loopback: whoever is there may look and control, and not change what there is to run', async () => {
    const port = await findPort();
    const pm = await bootApi({ options: { port } });
    const ask = (method: string, path: string, headers = {}) => send({ port, method, path, headers });
    expect(await ask('GET', '/api/v1/whoami')).toMatchObject({ body: { caller: 'api:anonymous', role: 'operate' } });
    expect((await ask('POST', '/api/v1/processes/web/start')).status).toBe(200);
    for (const [method, path] of [
      ['PUT', '/api/v1/processes/x'],
      ['POST', '/api/v1/shutdown'],
      ['POST', '/api/v1/config:reload'],
      ['POST', '/api/v1/processes:reconcile'],
    ] as const) {
      expect((await ask(method, path)).status, path).toBe(403);
    }
    expect(await ask('GET', '/livez', { host: 'evil.example:9180' })).toMatchObject({
      status: 403,
      body: { detail: 'this is not evil.example:9180' },
    });
    expect(await ask('POST', '/api/v1/processes/web/stop', { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    });
    expect((await ask('GET', '/livez', { origin: `http://localhost:${port}`, host: `localhost:${port}` })).status).toBe(
      200,
    );
    expect((await ask('GET', '/livez', { host: `[::1]:${port}` })).status).toBe(200);
    expect(pm.view('web')).toMatchObject({ ready: true });
    expect(await pm.stop()).toBe(0);
  });

  test('too many requests of one address are a 429 that says when to come again; a flood of them is not a flood of events', async () => {
    const port = await findPort();
    const pm = await bootApi({ options: { port, rate_limit: { per_second: 1, burst: 5 } } });
    const replies = await Promise.all(Array.from({ length: 60 }, () => send({ port, method: 'GET', path: '/livez' })));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(replies.find(({ status }) => status === 429)).toMatchObject({
      headers: { 'retry-after': '1' },
      body: { code: 'PM_API_RATE_LIMITED' },
    });
    expect(pm.eventsOf('api.denied').length).toBe(20);
    await pm.turn(2000);
    expect((await send({ port, method: 'GET', path: '/livez' })).status).toBe(200);
    expect((await pm.get('/livez')).status).toBe(200);
    expect(await pm.stop()).toBe(0);
  });

  test('access rules are asked before anything else, and fail closed [line 40]', async () => {
    const port = await findPort();
    const pm = await bootApi({
      options: { port, acl: { mode: 'allow', allow_list: ['10.0.0.0/8'], trust_proxy: ['127.0.0.1'] } },
    });
    const ask = (headers: object) => send({ port, method: 'GET', path: '/livez', headers: { ...headers } });
    expect(await ask({})).toMatchObject({ status: 403, body: { detail: '127.0.0.1 is not let in' } });
    expect((await ask({ 'x-forwarded-for': '10.1.1.1' })).status).toBe(200);
    expect((await ask({ 'x-forwarded-for': '10.1.1.1, 8.8.8.8' })).status).toBe(403);
    expect(await ask({ 'x-forwarded-for': '10.1.1.1, whatever' })).toMatchObject({
      status: 403,
      body: { detail: 'an address that cannot be read is not let in' },
    });
    expect((await pm.get('/livez')).status).toBe(200);
    await send({
      port,
      method: 'POST',
      path: '/api/v1/processes/web/start',
      headers: { 'x-forwarded-for': '10.1.1.1' },
    });
    expect(pm.eventsOf('command.accepted')).toMatchObject([{ from: '127.0.0.1 for 10.1.1.1' }]);
    expect(await pm.stop()).toBe(0);
  });

  test('a port that is in use ends the boot, and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(bootApi({ options: { port } })).rejects.toThrow(`127.0.0.1:${port}: the port is in use`);
  });
});

test('a flood of changes is told in the log as far as a plugin may write, and counts as no failure', async () => {
  const pm = await bootApi();
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => pm.post('/api/v1/processes/web/scale', {})));
  }
  await pm.turn(1000);
  await pm.post('/api/v1/processes/web/scale', {});
  const audit = pm.logs.records.filter((record) => record.startsWith('info: audit: POST'));
  expect(audit).toHaveLength(801);
  expect(audit.at(-1)).toBe(
    'info: audit: POST /api/v1/processes/web/scale by api:socket from unix: 400 (and 700 more before)',
  );
  expect(pm.eventsOf('plugin.failed')).toEqual([]);
  expect(await pm.stop()).toBe(0);
});

describe('a reload', () => {
  test('with another port in the flat keys: the new one is listened on, the old one is not; one that cannot be had changes nothing', async () => {
    const [one, two] = [await findPort(), await findPort()];
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const config = {
      processes: { web: { command: 'web' } },
      global: { on_idle: 'stay', api_port: one, api_socket: join(place.folder, 'r.sock') },
    };
    const pm = await createTestSupervisor({ config, plugins: { api } });
    const answers = async (port: number): Promise<boolean> =>
      send({ port, method: 'GET', path: '/livez' }).then(
        () => true,
        () => false,
      );
    const reload = async (port: number): Promise<void> => {
      config.global.api_port = port;
      await pm.supervisor.dispatch({ type: 'apply-config' }, { caller: 'test' });
    };
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      for (let round = 0; round < 200; round += 1) {
        await pm.turn();
        if (await holds()) return;
      }
      throw new Error(`never: ${pm.logs.records.join('\n')}`);
    };
    await until(() => answers(one));
    await reload(two);
    await until(async () => (await answers(two)) && !(await answers(one)));
    await reload((taken.address() as AddressInfo).port);
    await until(async () =>
      pm.logs.records.some((record) => record.includes('the port is in use; it stays as it was')),
    );
    await until(() => answers(two));
    expect(existsSync(join(place.folder, 'r.sock'))).toBe(true);
    expect(await pm.stop()).toBe(0);
    expect(existsSync(join(place.folder, 'r.sock'))).toBe(false);
  });
});

test('services are told where the socket is, when it is somewhere else', async () => {
  const pm = await bootApi();
  expect(pm.spawner.of('web-1').request.env['PM_SOCKET']).toBe(pm.socket);
  expect(await pm.stop()).toBe(0);
});

test('a supervisor without a place for a socket runs all the same', async () => {
  const pm = await createTestSupervisor({ config: { processes: { web: { command: 'web' } } }, plugins: { api } });
  await pm.turn();
  expect(pm.view('web')).toMatchObject({ ready: true });
  expect(pm.eventsOf('plugin.failed')).toEqual([]);
  expect(await pm.stop()).toBe(0);
});

test('the place of the socket, when a reload moves it, is told to what starts from then on', async () => {
  const [one, two] = [join(place.folder, 'one.sock'), join(place.folder, 'two.sock')];
  const config = { processes: { web: { command: 'web' } }, global: { on_idle: 'stay', api_socket: one } };
  const pm = await createTestSupervisor({ config, plugins: { api } });
  while (!pm.events.some(({ type }) => type === 'supervisor.running')) await pm.turn();
  expect(pm.spawner.of('web-1').request.env['PM_SOCKET']).toBe(one);
  config.global.api_socket = two;
  await pm.supervisor.dispatch({ type: 'apply-config' }, { caller: 'test' });
  await pm.supervisor.dispatch({ type: 'restart', targets: ['web'] }, { caller: 'test' });
  await pm.turn(1000);
  expect(pm.spawner.of('web-1').request.env['PM_SOCKET']).toBe(two);
  expect(await pm.stop()).toBe(0);
});
