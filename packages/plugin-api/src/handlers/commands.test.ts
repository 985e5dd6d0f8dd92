import { describe, expect, test } from 'vitest';
import { bootApi, type ApiBench, type Reply } from '../testing/api-bench.ts';

const two = { web: { command: 'web', depends_on: 'db' }, db: { command: 'db', scale: 2, labels: { tier: 'back' } } };

/** Lets the supervisor's time pass while a request waits. */
async function whilePassing(pm: ApiBench, request: Promise<Reply>, stepMs = 100): Promise<Reply> {
  let reply: Reply | undefined;
  void request.then((one) => (reply = one));
  for (let round = 0; reply === undefined && round < 2000; round += 1) {
    await pm.turn(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return request;
}

describe('commands', () => {
  test('a command is carried out in the name of who asked, and the event says who and from where [line 40]', async () => {
    const pm = await bootApi({ processes: two });
    const reply = await pm.post('/api/v1/processes/web/stop?wait=10s');
    expect(reply).toMatchObject({
      status: 200,
      body: { command: 'stop', targets: ['web'], caller: 'api:socket', state: 'succeeded', changed: true },
    });
    expect(reply.body.processes).toMatchObject([{ name: 'web', state: 'STOPPED', desired: 'down' }]);
    expect(pm.eventsOf('command.accepted')).toMatchObject([
      { command: 'stop', targets: ['web'], caller: 'api:socket', from: 'unix' },
    ]);
    expect(pm.logs.records).toContain('info: audit: POST /api/v1/processes/web/stop by api:socket from unix: 200');
    expect(await pm.stop()).toBe(0);
  });

  test('what is so already is done at once and has changed nothing', async () => {
    const pm = await bootApi({ processes: two });
    expect(await pm.post('/api/v1/processes/web/start')).toMatchObject({
      status: 200,
      body: { state: 'succeeded', changed: false },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('without a wait the answer is 202 and the operation, which can be asked for and waited for', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', ready: { after: '5s' } } }, bootStepMs: 1000 });
    const reply = await whilePassing(pm, pm.post('/api/v1/processes/web/restart'), 1);
    expect(reply).toMatchObject({ status: 202, body: { state: 'running', ended_at: null } });
    const location = reply.headers.location ?? '';
    expect(location).toBe(`/api/v1/operations/${reply.body.id}`);
    expect(await pm.get(location)).toMatchObject({ status: 200, body: { state: 'running' } });
    const done = await whilePassing(pm, pm.get(`${location}?wait=1m`));
    expect(done.body).toMatchObject({ state: 'succeeded', processes: [{ name: 'web', ready: true }] });
    expect((await pm.get('/api/v1/operations')).body.operations).toMatchObject([{ command: 'restart', processes: [] }]);
    expect(await pm.get('/api/v1/operations/none')).toMatchObject({ status: 404, body: { code: 'PM_API_NOT_FOUND' } });
    expect(await pm.stop()).toBe(0);
  });

  test('when the wait is over the answer is 202, and the command goes on', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', ready: { after: '30s' } } }, bootStepMs: 1000 });
    const reply = await whilePassing(pm, pm.post('/api/v1/processes/web/restart?wait=2s'));
    expect(reply).toMatchObject({ status: 202, body: { state: 'running' } });
    await pm.turn(40_000);
    expect((await pm.get(`/api/v1/operations/${reply.body.id}`)).body).toMatchObject({ state: 'succeeded' });
    expect(await pm.stop()).toBe(0);
  });

  test('a command goes on when the client that waited for it has gone', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', ready: { after: '10s' } } }, bootStepMs: 1000 });
    const raw = await pm.connect();
    raw.socket.write('POST /api/v1/processes/web/restart?wait=1m HTTP/1.1\r\nhost: a\r\n\r\n');
    while (pm.eventsOf('command.accepted').length === 0) await pm.get('/livez');
    raw.socket.destroy();
    await pm.turn(11_000);
    expect((await pm.get('/api/v1/operations')).body.operations).toMatchObject([{ state: 'succeeded' }]);
    expect(await pm.stop()).toBe(0);
  });

  test('bundles, instances, labels and several names at once are one command', async () => {
    const pm = await bootApi({ processes: two });
    const reply = await pm.post(`/api/v1/processes/${encodeURIComponent('web,db-2,label=tier=back')}/stop?wait=10s`);
    expect(reply.body).toMatchObject({
      targets: ['web', 'db-2', 'label=tier=back'],
      processes: [{ name: 'web' }, { name: 'db' }],
    });
    expect(pm.eventsOf('command.accepted')).toHaveLength(1);
    expect(await pm.stop()).toBe(0);
  });

  test.for([
    ['POST', '/api/v1/processes/wbe/stop', undefined, 404, 'PM_COMMAND_UNKNOWN_TARGET'],
    ['POST', '/api/v1/processes/web/reload', undefined, 422, 'PM_COMMAND_INVALID'],
    ['POST', '/api/v1/processes/web/signal', { signal: 'SIGNOPE' }, 422, 'PM_COMMAND_INVALID'],
    ['POST', '/api/v1/processes/web/signal', { signal: 'SIGRTMIN' }, 422, 'PM_COMMAND_INVALID'],
    ['POST', '/api/v1/processes/,/stop', undefined, 404, 'PM_COMMAND_UNKNOWN_TARGET'],
    ['DELETE', '/api/v1/processes/web', undefined, 422, 'PM_COMMAND_INVALID'],
    ['DELETE', '/api/v1/processes/none', undefined, 404, 'PM_COMMAND_UNKNOWN_TARGET'],
    ['DELETE', '/api/v1/processes', undefined, 400, 'PM_API_INVALID'],
    ['PUT', '/api/v1/processes/web', { command: 'x' }, 422, 'PM_COMMAND_INVALID'],
    ['PUT', '/api/v1/processes/job', { command: 'x', restrat: 'never' }, 422, 'PM_CONFIG_INVALID'],
    ['PUT', '/api/v1/processes/job', { command: 'x', depends_on: 'nobody' }, 422, 'PM_CONFIG_INVALID'],
    ['PUT', '/api/v1/processes/a%20b', { command: 'x' }, 422, 'PM_CONFIG_INVALID'],
    ['PUT', '/api/v1/processes/__proto__', { command: 'x' }, 422, 'PM_CONFIG_INVALID'],
    ['POST', '/api/v1/processes/web/trigger', undefined, 404, 'PM_API_NO_PROVIDER'],
    ['POST', '/api/v1/processes/web/schedule/pause', undefined, 404, 'PM_API_NO_PROVIDER'],
    ['POST', '/api/v1/processes/web/restart?wait=2h', undefined, 400, 'PM_API_INVALID'],
    ['POST', '/api/v1/processes/web/restart?wait=soon', undefined, 400, 'PM_API_INVALID'],
  ] as const)('%s %s %o is a %i', async ([method, path, body, status, code]) => {
    const pm = await bootApi();
    const reply = await pm.request(method, path, body === undefined ? {} : { body });
    expect(reply).toMatchObject({ status, body: { status, code } });
    expect(pm.view('web')).toMatchObject({ ready: true });
    expect(await pm.stop()).toBe(0);
  });

  test('all that is wrong with a declaration is told, with its place', async () => {
    const pm = await bootApi();
    const reply = await pm.request('PUT', '/api/v1/processes/job', {
      body: { command: 'x', restrat: 'never', scale: -1 },
    });
    expect(reply.body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'processes.job.restrat',
      'processes.job.scale',
    ]);
    expect(reply.body.errors[0].hint).toContain('restart');
    expect(await pm.stop()).toBe(0);
  });

  test('a command that was accepted and then fails is a problem that names its operation', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', reload_command: 'again' } } });
    const failing = whilePassing(pm, pm.post('/api/v1/processes/web/reload?wait=10s'));
    while (!pm.spawner.live.some(({ request }) => request.argv.includes('again'))) await pm.turn();
    pm.spawner.live.find(({ request }) => request.argv.includes('again'))?.exit(1);
    const reply = await failing;
    expect(reply.status).toBe(422);
    expect((await pm.get(`/api/v1/operations/${reply.body.operation}`)).body).toMatchObject({
      state: 'failed',
      problem: { code: 'PM_COMMAND_INVALID' },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('while it stops, commands are refused with 409 and a reason, and what is asked is answered [line 18]', async () => {
    const pm = await bootApi({
      processes: { web: { command: 'web', hooks: { pre_stop: [{ name: 'drain', command: 'drain' }] } } },
    });
    const reply = await pm.post('/api/v1/shutdown', { reason: 'maintenance' });
    expect(reply).toMatchObject({ status: 200, body: { command: 'shutdown' } });
    await pm.turn();
    expect(await pm.get('/readyz')).toMatchObject({ status: 503, body: { status: 'not ready', phase: 'draining' } });
    expect(await pm.post('/api/v1/processes/web/restart')).toMatchObject({
      status: 409,
      body: { code: 'PM_COMMAND_REFUSED', detail: 'cannot restart: shutting down' },
    });
    expect(pm.eventsOf('command.refused')).toMatchObject([{ caller: 'api:socket', from: 'unix' }]);
    for (const child of pm.spawner.live) child.exit(0);
    expect(await pm.stop()).toBe(0);
  });
});

describe('scale', () => {
  test('to a number, and by a number', async () => {
    const pm = await bootApi();
    expect((await pm.post('/api/v1/processes/web/scale?wait=5s', { desired: 3 })).body.processes).toMatchObject([
      { scale: 3 },
    ]);
    expect((await pm.post('/api/v1/processes/web/scale?wait=5s', { delta: -2 })).body.processes).toMatchObject([
      { scale: 1 },
    ]);
    expect((await pm.post('/api/v1/processes/web/scale?wait=5s', { delta: -2 })).body.processes).toMatchObject([
      { scale: 0 },
    ]);
    expect(await pm.stop()).toBe(0);
  });

  test('ten that come at once, each one more, are ten more', async () => {
    const pm = await bootApi();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => pm.post('/api/v1/processes/web/scale', { delta: 1 })),
    );
    expect(replies.map(({ status }) => status).every((status) => status === 200 || status === 202)).toBe(true);
    expect(pm.view('web').scale).toBe(11);
    expect(await pm.stop()).toBe(0);
  });

  test('what is locked is not scaled, by nobody', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', scale_locked: true } } });
    expect(await pm.post('/api/v1/processes/web/scale', { desired: 2 })).toMatchObject({
      status: 409,
      body: { detail: 'cannot scale "web": it is locked' },
    });
    expect(await pm.post('/api/v1/processes/web/scale', { desired: 1 })).toMatchObject({
      status: 200,
      body: { changed: false },
    });
    expect(await pm.stop()).toBe(0);
  });
});

describe('processes declared at run time', () => {
  test('created, unchanged, changed, removed', async () => {
    const pm = await bootApi();
    const put = (body: object): Promise<Reply> =>
      whilePassing(pm, pm.request('PUT', '/api/v1/processes/job?wait=5s', { body }));
    expect((await put({ command: 'job' })).body).toMatchObject({
      changed: true,
      diff: { added: ['job'] },
      processes: [{ name: 'job', source: 'dynamic', ready: true }],
    });
    expect((await put({ command: 'job' })).body).toMatchObject({ changed: false });
    expect((await put({ command: 'job --fast' })).body).toMatchObject({
      changed: true,
      diff: { changed: [{ name: 'job', restart: true }] },
    });
    expect((await whilePassing(pm, pm.request('DELETE', '/api/v1/processes/job?wait=5s'))).body).toMatchObject({
      changed: true,
      diff: { removed: ['job'] },
    });
    expect(await pm.get('/api/v1/processes/job')).toMatchObject({ status: 404 });
    expect(await pm.stop()).toBe(0);
  });

  test('a labelled set is made exactly this, dry or not, and removed by its label', async () => {
    const pm = await bootApi();
    const reconcile = (processes: object, query = ''): Promise<Reply> =>
      whilePassing(pm, pm.post(`/api/v1/processes:reconcile${query}`, { label: 'owner=router', processes }));
    await reconcile({ a: { command: 'a' }, b: { command: 'b' } });
    expect((await pm.get('/api/v1/processes?label=owner=router')).body.processes).toMatchObject([
      { name: 'a' },
      { name: 'b' },
    ]);
    expect((await reconcile({ b: { command: 'b' } }, '?dry_run')).body.diff).toMatchObject({
      removed: ['a'],
      unchanged: ['web', 'b'],
    });
    expect((await pm.get('/api/v1/processes')).body.processes).toHaveLength(3);
    expect((await reconcile({ b: { command: 'b' } })).body.diff).toMatchObject({ removed: ['a'] });
    expect(
      (await whilePassing(pm, pm.request('DELETE', '/api/v1/processes?label=owner=router'))).body.diff,
    ).toMatchObject({ removed: ['b'] });
    expect(await pm.stop()).toBe(0);
  });

  test("PHPeek PM's ways to add and to change one are understood", async () => {
    const pm = await bootApi();
    expect(
      (await whilePassing(pm, pm.post('/api/v1/processes', { name: 'job', process: { command: ['job'] } }))).body,
    ).toMatchObject({ changed: true });
    expect(
      (await whilePassing(pm, pm.request('PUT', '/api/v1/processes/job', { body: { process: { command: ['job'] } } })))
        .body,
    ).toMatchObject({ changed: false });
    expect((await whilePassing(pm, pm.post('/api/v1/config/reload'))).body).toMatchObject({
      command: 'apply-config',
      state: 'succeeded',
    });
    expect(await pm.stop()).toBe(0);
  });
});

describe('too much', () => {
  test('more commands than a plugin may send are refused with 429 before the supervisor counts them as a failure', async () => {
    const pm = await bootApi();
    const statuses = await Promise.all(
      Array.from({ length: 850 }, async () => (await pm.post('/api/v1/processes/web/start')).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(pm.eventsOf('plugin.failed')).toEqual([]);
    await pm.turn(5000);
    expect((await pm.post('/api/v1/processes/web/start')).status).toBe(200);
    expect(await pm.stop()).toBe(0);
  });

  test('a thousand operations are kept, those that ended give way first', async () => {
    const pm = await bootApi();
    const first = await pm.post('/api/v1/processes/web/start');
    for (let round = 0; round < 1000; round += 1) {
      if (round % 100 === 0) await pm.turn(1000);
      await pm.post('/api/v1/processes/web/start');
    }
    expect((await pm.get('/api/v1/operations')).body.operations).toHaveLength(1000);
    expect(await pm.get(`/api/v1/operations/${first.body.id}`)).toMatchObject({ status: 404 });
    expect(await pm.stop()).toBe(0);
  }, 30_000);
});

test('a wait may last longer than any connection may be silent', async () => {
  const pm = await bootApi({
    processes: { web: { command: 'web', ready: { after: '10m' } } },
    global: { process_start_timeout: '1h' },
    bootStepMs: 60_000,
  });
  const asked = pm.post('/api/v1/processes/web/restart?wait=30m');
  while (pm.eventsOf('command.accepted').length === 0) await pm.get('/livez');
  const reply = await whilePassing(pm, asked, 10_000);
  expect(reply).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  expect(await pm.stop()).toBe(0);
});
