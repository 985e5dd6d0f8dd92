import { describe, expect } from 'vitest';
import { type Api, type Reply, useSocket } from '../../harness/api.ts';
import { test, until, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const yaml = `
global: {log_format: json, shutdown_timeout: auto}
bundles: {all: [web, db]}
processes:
  web: {command: [sleep, "74113"], depends_on: db, labels: {tier: front}}
  db: {command: [sh, -c, "trap 'echo again' HUP; trap 'exit 0' TERM; while :; do sleep 0.05; done"], reload_signal: HUP, scale: 2}
  migrate: {type: oneshot, command: [sh, -c, "echo migrated"]}
  spare: {command: [sleep, "600"], initial_state: stopped}
`;

async function boot(folder: Folder, text = yaml): Promise<{ pm: Pm; api: Api }> {
  const pm = await folder.run(text);
  await pm.out.waitFor('up after');
  return { pm, api: useSocket(folder) };
}

const pidsOf = (reply: Reply): (number | null)[] =>
  reply.body.processes[0].instances.map(({ pid }: { pid: number | null }) => pid);

describe('commands of the API, on real processes', () => {
  test('stop, start, restart: waited for, with the final state; again, nothing is changed [line 18]', async ({
    folder,
  }) => {
    const { pm, api } = await boot(folder);
    const stopped = await api.post('/api/v1/processes/web/stop?wait=10s');
    expect(stopped).toMatchObject({
      status: 200,
      body: { state: 'succeeded', changed: true, processes: [{ state: 'STOPPED', desired: 'down' }] },
    });
    expect(await folder.countProcesses('sleep\x0074113')).toBe(0);
    expect((await api.post('/api/v1/processes/web/stop?wait=10s')).body).toMatchObject({ changed: false });
    const started = await api.post('/api/v1/processes/web/start?wait=10s');
    expect(started.body).toMatchObject({ changed: true, processes: [{ state: 'READY' }] });
    const restarted = await api.post('/api/v1/processes/web/restart?wait=10s');
    expect(pidsOf(restarted)).not.toEqual(pidsOf(started));
    expect(restarted.body.processes[0].instances[0]).toMatchObject({ restarts: 2, last_exit: { signal: 'SIGTERM' } });
    await pm.stop();
  });

  test('a bundle, an instance, a label, an on-demand process with what it needs [line 17]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    expect(
      (await api.post('/api/v1/processes/all/stop?wait=10s')).body.processes.map(
        ({ state }: { state: string }) => state,
      ),
    ).toEqual(['STOPPED', 'STOPPED']);
    await api.post(`/api/v1/processes/${encodeURIComponent('label=tier=front')}/start?wait=10s`);
    expect((await api.get('/api/v1/processes?name=all')).body.processes).toMatchObject([
      { name: 'web', ready: true },
      { name: 'db', ready: true },
    ]);
    await api.post('/api/v1/processes/db-2/stop?wait=10s');
    expect((await api.get('/api/v1/processes/db')).body.instances).toMatchObject([
      { state: 'READY' },
      { state: 'STOPPED' },
    ]);
    expect((await api.post('/api/v1/processes/spare/start?wait=10s')).body.processes).toMatchObject([{ ready: true }]);
    await pm.stop();
  });

  test('reload, signal, scale, rolling restart [lines 14, 15]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    expect((await api.post('/api/v1/processes/db/reload?wait=10s')).status).toBe(200);
    await pm.out.waitFor('db-1: again');
    await pm.out.waitFor('db-2: again');
    expect((await api.post('/api/v1/processes/db-2/signal', { signal: 'hup' })).body).toMatchObject({ changed: true });
    await pm.out.waitFor('db-2: again', { times: 2 });
    const before = await api.post('/api/v1/processes/db/scale?wait=10s', { desired: 3 });
    expect(pidsOf(before)).toHaveLength(3);
    const rolled = await api.post('/api/v1/processes/db/restart?rolling&wait=20s');
    expect(rolled).toMatchObject({ status: 200, body: { state: 'succeeded' } });
    expect(pidsOf(rolled).filter((pid) => pidsOf(before).includes(pid))).toEqual([]);
    expect(pidsOf(await api.post('/api/v1/processes/db/scale?wait=10s', { delta: -2 }))).toHaveLength(1);
    expect(await api.post('/api/v1/processes/db/scale', { desired: 1000 })).toMatchObject({
      status: 422,
      body: { code: 'PM_COMMAND_INVALID' },
    });
    await pm.stop();
  });

  test('a command goes on when nobody waits any more, and can be asked for', async ({ folder }) => {
    const { pm, api } = await boot(
      folder,
      `
processes:
  slow: {command: [sh, -c, "trap 'sleep 1; exit 0' TERM; while :; do sleep 0.05; done"]}
  other: {command: [sleep, "600"]}
`,
    );
    const reply = await api.post('/api/v1/processes/slow/stop');
    expect(reply).toMatchObject({ status: 202, body: { state: 'running' } });
    const socket = await api.connect();
    socket.write('POST /api/v1/processes/slow/stop?wait=30s HTTP/1.1\r\nhost: pm\r\n\r\n');
    socket.destroy();
    const done = await api.get(`${reply.headers.location}?wait=20s`);
    expect(done.body).toMatchObject({ state: 'succeeded', processes: [{ state: 'STOPPED' }] });
    await pm.stop();
  });

  test('what is used: CPU, memory, threads, files of the whole tree', async ({ folder }) => {
    const { pm, api } = await boot(
      folder,
      `
processes:
  busy: {command: [sh, -c, "(while :; do :; done) & while :; do :; done"]}
  idle: {command: [sleep, "600"]}
`,
    );
    const look = async (): Promise<
      Record<string, { cpu_percent: number; threads: number; rss_bytes: number; fds: number }>
    > =>
      Object.fromEntries(
        (await api.get('/api/v1/status')).body.processes.map(
          ({ name, instances }: { name: string; instances: unknown[] }) => [name, instances[0]],
        ),
      );
    await look();
    await until('it was busy for a while', async () => ((await look())['busy']?.cpu_percent ?? 0) > 20);
    const { busy, idle } = await look();
    expect(busy).toMatchObject({ threads: 2 });
    expect(busy?.rss_bytes).toBeGreaterThan(500_000);
    expect(idle?.cpu_percent).toBeLessThan(10);
    expect(idle?.fds).toBeGreaterThan(2);
    await pm.stop();
  });

  test('a reload through the API: what it would do, what it does, and why not [line 16]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    await folder.write('pm.yaml', yaml.replace('spare:', 'added: {command: [sleep, "600"]}\n  spare:'));
    expect((await api.post('/api/v1/config:reload?dry_run')).body).toMatchObject({
      changed: true,
      diff: { added: ['added'], removed: [] },
    });
    expect(await api.get('/api/v1/processes/added')).toMatchObject({ status: 404 });
    expect((await api.post('/api/v1/config:reload?wait=10s')).body).toMatchObject({
      state: 'succeeded',
      processes: [{ name: 'added', ready: true }],
    });
    await folder.write('pm.yaml', yaml.replace('scale: 2', 'scael: 2'));
    const refused = await api.post('/api/v1/config:reload');
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'PM_CONFIG_INVALID', errors: [{ path: 'processes.db.scael', hint: 'Did you mean "scale"?' }] },
    });
    expect(refused.body.errors[0].at).toMatch(/pm\.yaml:6:\d+$/);
    await pm.stop();
  });

  test('the options of the API itself, changed by a reload that was asked for through it: the answer still comes [line 16]', async ({
    folder,
  }) => {
    const { pm, api } = await boot(folder, `${yaml}plugins: {api: {max_request_body: 2MB}}\n`);
    const stream = await api.stream('/api/v1/events');
    await folder.write('pm.yaml', `${yaml}plugins: {api: {max_request_body: 1KB}}\n`);
    const reply = await api.post('/api/v1/config:reload?wait=10s');
    expect(reply).toMatchObject({ status: 200, body: { state: 'succeeded', diff: { plugins: { changed: ['api'] } } } });
    expect(await stream.waitFor('its end', ({ event }) => event === 'end')).toMatchObject({
      data: { reason: 'renewed' },
    });
    expect((await api.request('PUT', '/api/v1/processes/x', { body: { command: 'x'.repeat(2000) } })).status).toBe(413);
    await pm.stop();
  });

  test('shutdown: everything stops in order, and pm ends with 0 [line 19]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    expect(await api.post('/api/v1/shutdown', { reason: 'maintenance' })).toMatchObject({ status: 200 });
    expect(await pm.ended).toEqual({ code: 0, signal: null });
    expect(pm.out.texts).toContain('pm: stopping: maintenance');
  });

  test('every change is in the log with who and from where [line 40]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    await api.post('/api/v1/processes/web/restart?wait=10s');
    await pm.out.waitFor('audit: POST /api/v1/processes/web/restart by api:socket from unix: 200');
    const { events } = (await api.get('/api/v1/events?follow=false&types=command.*')).body;
    expect(events).toMatchObject([
      { type: 'command.accepted', command: 'restart', targets: ['web'], caller: 'api:socket', from: 'unix' },
    ]);
    await pm.stop();
  });
});

describe('processes declared at run time', () => {
  test('created, changed, removed; they survive a reload, and pass the same gates [line 17]', async ({ folder }) => {
    const { pm, api } = await boot(folder);
    const put = (body: object): Promise<Reply> => api.request('PUT', '/api/v1/processes/job?wait=10s', { body });
    const first = await put({ command: ['sleep', '74114'], labels: { owner: 'me' } });
    expect(first.body).toMatchObject({ changed: true, processes: [{ name: 'job', source: 'dynamic', ready: true }] });
    expect((await put({ command: ['sleep', '74114'], labels: { owner: 'me' } })).body).toMatchObject({
      changed: false,
    });
    expect(await put({ command: ['sleep', '74114'], user: 'nobody-of-this-name' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'processes.job.user' }] },
    });
    await api.post('/api/v1/config:reload?wait=10s');
    expect((await api.get('/api/v1/processes/job')).body.instances[0].pid).toBe(pidsOf(first)[0]);
    expect((await api.request('DELETE', '/api/v1/processes?label=owner=me&wait=10s')).body).toMatchObject({
      changed: true,
      diff: { removed: ['job'] },
    });
    expect(await folder.countProcesses('sleep\x0074114')).toBe(0);
    await pm.stop();
  });
});
