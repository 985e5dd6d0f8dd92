import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { type Api, type Reply, useSocket } from '../../harness/api.ts';
import { test, until, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

async function boot(
  folder: Folder,
  processes = '  web: {command: [sleep, "600"]}\n',
): Promise<{ pm: Pm; api: Api; pid: number }> {
  const pm = await folder.run(`processes:\n${processes}`, { pid1: true });
  await pm.out.waitFor('up after');
  return { pm, api: useSocket(folder), pid: await pm.pid() };
}

const descriptorsOf = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

async function rssOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Everything a socket says until it is closed; how it is closed, by who still sends, does not matter. */
function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => void (text += chunk.toString('latin1')));
  return new Promise((resolve) => void socket.on('close', () => resolve(text)));
}

describe('what clients can do to PID 1', () => {
  test('malformed JSON, wrong types, unknown names: the right answer, and nothing happens', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    const cases: readonly (readonly [string, string, unknown, number])[] = [
      ['POST', '/api/v1/processes/web/scale', '{"desired": ', 400],
      ['POST', '/api/v1/processes/web/scale', { desired: 'two' }, 400],
      ['POST', '/api/v1/processes/web/scale', { desired: 1e9 }, 400],
      ['POST', '/api/v1/processes/web/scale', [1], 400],
      ['POST', '/api/v1/processes/wbe/restart', undefined, 404],
      ['POST', '/api/v1/processes:reconcile', { label: 'x', processes: {} }, 400],
      ['PUT', '/api/v1/processes/job', { command: [] }, 422],
      ['PUT', '/api/v1/processes/job', { command: { constructor: { prototype: 1 } } }, 422],
      ['PUT', '/api/v1/processes/job', '{"__proto__": {"polluted": true}, "command": "x"}', 422],
      ['PUT', `/api/v1/processes/${'x'.repeat(300)}`, { command: 'x' }, 400],
      ['GET', '/api/v1/processes/web/logs?tail=-1', undefined, 400],
      ['GET', '/api/v1/events?since=x', undefined, 400],
      ['PATCH', '/api/v1/processes/web', undefined, 405],
      ['GET', '/../../etc/passwd', undefined, 404],
      ['GET', '/api/v1/processes/..%2f..%2fetc%2fpasswd', undefined, 404],
    ];
    for (const [method, path, body, status] of cases) {
      const reply = await api.request(method, path, body === undefined ? {} : { body });
      expect(reply.status, `${method} ${path}: ${reply.text}`).toBe(status);
      expect(reply.body).toMatchObject({
        status,
        code: expect.stringMatching(/^PM_/),
        title: expect.any(String),
        detail: expect.any(String),
      });
    }
    expect((await api.get('/api/v1/whoami')).body.pid).toBe(1);
    expect((await api.get('/api/v1/processes')).body.processes).toHaveLength(1);
    await pm.stop();
  });

  test('a body of 100 MB: refused, and not kept', async ({ folder }) => {
    const { pm, api, pid } = await boot(folder);
    const before = await rssOf(pid);
    const socket = await api.connect();
    socket.write(
      'PUT /api/v1/processes/job HTTP/1.1\r\nhost: pm\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const answer = readAll(socket);
    const chunk = Buffer.from(`100000\r\n${'x'.repeat(0x100000)}\r\n`);
    for (let sent = 0; sent < 100 && socket.writable; sent += 1) {
      if (!socket.write(chunk))
        await Promise.race([
          new Promise((resolve) => socket.once('drain', resolve)),
          new Promise((resolve) => socket.once('close', resolve)),
        ]);
    }
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    const declared = await api
      .request('PUT', '/api/v1/processes/job', { body: Buffer.alloc(9_000_000, 0x20) })
      .catch((error: NodeJS.ErrnoException) => error.code);
    expect(typeof declared === 'object' ? declared.status : declared).toSatisfy(
      (result) => result === 413 || result === 'EPIPE' || result === 'ECONNRESET',
    );
    expect((await rssOf(pid)) - before).toBeLessThan(60 * 1024 * 1024);
    expect((await api.get('/livez')).status).toBe(200);
    await pm.stop();
  });

  test('200 clients that say their request byte by byte hold up nobody', async ({ folder }) => {
    const { pm, api, pid } = await boot(folder);
    const before = await descriptorsOf(pid);
    const sockets = await Promise.all(Array.from({ length: 200 }, () => api.connect()));
    const text = 'GET /api/v1/status HTTP/1.1\r\nhost: pm\r\nx-slow: ';
    for (const [index, letter] of text.split('').entries()) {
      for (const socket of sockets) socket.write(letter);
      if (index % 10 === 0) expect((await api.get('/livez')).status).toBe(200);
    }
    expect((await api.post('/api/v1/processes/web/restart?wait=10s')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await until('their connections are closed', async () => (await descriptorsOf(pid)) <= before + 2);
    await pm.stop();
  });

  test('a thousand idle streams: commands and services go on, and nothing is left of them', async ({ folder }) => {
    const { pm, api, pid } = await boot(folder);
    const [descriptors, memory] = [await descriptorsOf(pid), await rssOf(pid)];
    const streams = await Promise.all(Array.from({ length: 1000 }, () => api.stream('/api/v1/events')));
    await Promise.all(streams.map((stream) => stream.waitFor('the picture', ({ event }) => event === 'snapshot')));
    const startedAt = performance.now();
    expect((await api.post('/api/v1/processes/web/restart?wait=10s')).status).toBe(200);
    await Promise.all(streams.map((stream) => stream.waitFor('readiness', ({ event }) => event === 'instance.ready')));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect((await rssOf(pid)) - memory).toBeLessThan(100 * 1024 * 1024);
    for (const stream of streams) stream.close();
    // What a client leaves is found when something is sent.
    await until('their connections are closed', async () => {
      await api.post('/api/v1/processes/web/signal', { signal: 'CONT' });
      return (await descriptorsOf(pid)) <= descriptors + 3;
    });
    await pm.stop();
  });

  test('a half-closed socket: who has said everything still gets the answer, as from `nc -N`', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    const socket = await api.connect();
    socket.end('POST /api/v1/processes/web/restart?wait=10s HTTP/1.1\r\nhost: pm\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 .*"state":"succeeded"/s);
    await pm.stop();
  });

  test('two clients restart the same process at once, again and again: every command is answered, one process runs [line 18]', async ({
    folder,
  }) => {
    const { pm, api } = await boot(folder, '  web: {command: [sleep, "74121"]}\n');
    for (let round = 0; round < 10; round += 1) {
      const replies = await Promise.all([0, 1].map(() => api.post('/api/v1/processes/web/restart?wait=20s')));
      expect(replies.map(({ status, body }) => [status, body.state])).toEqual([
        [200, 'succeeded'],
        [200, 'succeeded'],
      ]);
    }
    expect(await folder.countProcesses('sleep\x0074121')).toBe(1);
    const mixed = ['start', 'stop', 'restart', 'stop', 'start', 'restart', 'stop', 'start'];
    const replies = await Promise.all(mixed.map((verb) => api.post(`/api/v1/processes/web/${verb}?wait=3s`)));
    expect(replies.map(({ status }) => status).every((status) => status === 200 || status === 202)).toBe(true);
    await until('at most one', async () => (await folder.countProcesses('sleep\x0074121')) <= 1);
    await pm.stop();
    expect(await folder.countProcesses('sleep\x0074121')).toBe(0);
  });

  test('commands during the stop: a clear word at once, and what is asked is answered [line 18]', async ({
    folder,
  }) => {
    const { pm, api } = await boot(
      folder,
      '  slow: {command: [sh, -c, "trap \'sleep 2; exit 0\' TERM; while :; do sleep 0.05; done"]}\n',
    );
    const stream = await api.stream('/api/v1/events?types=supervisor.*');
    await stream.waitFor('the picture', ({ event }) => event === 'snapshot');
    const waiting = api.post('/api/v1/processes/slow/stop?wait=30s');
    await pm.signal('SIGTERM');
    await stream.waitFor('the stop', ({ event }) => event === 'supervisor.draining');
    const replies: Reply[] = [];
    for (const path of ['slow/restart', 'slow/start', 'nobody/start'])
      replies.push(await api.post(`/api/v1/processes/${path}?wait=30s`));
    expect(replies.map(({ status, body }) => `${status} ${body.detail}`)).toEqual([
      '409 cannot restart: shutting down',
      '409 cannot start: shutting down',
      '409 cannot start: shutting down',
    ]);
    expect(await api.request('PUT', '/api/v1/processes/late', { body: { command: 'sleep 1' } })).toMatchObject({
      status: 409,
    });
    expect(await api.get('/readyz')).toMatchObject({ status: 503, body: { phase: 'draining' } });
    expect(await waiting).toMatchObject({ status: 200, body: { state: 'succeeded' } });
    expect(await pm.ended).toEqual({ code: 0, signal: null });
  });

  test('commands during the boot are carried out [line 18]', async ({ folder }) => {
    const pm = await folder.run(`
processes:
  gate: {type: oneshot, command: [sh, -c, "while [ ! -e ${folder.path}/go ]; do sleep 0.02; done"]}
  web: {command: [sleep, "600"], depends_on: gate}
  other: {command: [sleep, "600"]}
`);
    await pm.out.waitFor('gate-1 started');
    const api = useSocket(folder);
    expect(await api.get('/readyz')).toMatchObject({
      status: 503,
      body: { phase: 'booting', waiting: [{ process: 'gate' }, { process: 'web', state: 'PENDING' }] },
    });
    expect((await api.post('/api/v1/processes/other/restart?wait=10s')).status).toBe(200);
    await folder.write('go', '');
    await until('ready', async () => (await api.get('/readyz')).status === 200);
    await pm.stop();
  });

  test('who leaves before the first answer, a thousand times', async ({ folder }) => {
    const { pm, api, pid } = await boot(folder);
    const before = await descriptorsOf(pid);
    for (let round = 0; round < 100; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => api.connect()));
      for (const [index, socket] of sockets.entries()) {
        socket.write(
          [
            'GET /api/v1/status HTTP/1.1\r\nhost: a\r\n\r\n',
            'PUT /api/v1/processes/x HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\ncontent-type: application/json\r\n\r\n{',
            'garbage\r\n\r\n',
            '',
          ][index % 4] ?? '',
        );
        socket.destroy();
      }
    }
    await until('their connections are closed', async () => (await descriptorsOf(pid)) <= before + 2, 40_000);
    expect((await api.get('/api/v1/processes')).body.processes).toHaveLength(1);
    await pm.stop();
  });

  test('nothing is done while nobody asks: the API wakes nobody up', async ({ folder }) => {
    const { pm, api, pid } = await boot(folder);
    await api.get('/api/v1/status');
    const switches = async (): Promise<number> =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
    await sleep(1500);
    const before = await switches();
    await sleep(3000);
    expect((await switches()) - before).toBeLessThanOrEqual(3);
    await pm.stop();
  });
});

test('curl, as an operator would', async ({ folder }) => {
  const { pm } = await boot(folder);
  const curl = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const argv = ['-sS', '--unix-socket', `${folder.path}/.run/pm.sock`, ...args];
      execFile('curl', argv, { timeout: 10_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
  expect(JSON.parse(await curl('http://pm/api/v1/status'))).toMatchObject({ phase: 'running' });
  const restarted = await curl('-X', 'POST', 'http://pm/api/v1/processes/web/restart?wait=10s');
  expect(JSON.parse(restarted)).toMatchObject({ state: 'succeeded' });
  expect(await curl('-N', '--max-time', '1', 'http://pm/api/v1/events')).toMatch(/^id: \d+\nevent: snapshot\ndata: \{/);
  await pm.stop();
});
