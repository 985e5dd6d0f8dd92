import type { RouteKey } from '@pm-supervisor/plugin-api/contract';
import { expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { ask } from '../../harness/ask.ts';
import { test } from '../../harness/folder.ts';

/** One request of a route, and what comes of it. */
interface Ask {
  /** With the values of path and query. */
  readonly at: string;
  readonly body?: unknown;
  readonly status: number;
  readonly answer?: object;
}

const done = { status: 200, answer: { state: 'succeeded', changed: true } } as const;
const job = { command: ['sleep', '600'], labels: { owner: 'me' } };
const byPlugin = (route: string) => ({ status: 200, answer: { route } }) as const;

/** Every route of the table once, in an order that makes sense: a route without a line here does not compile. */
const asks: Readonly<Record<Exclude<RouteKey, 'POST /api/v1/shutdown'>, Ask>> = {
  'GET /livez': { at: '/livez', status: 200, answer: { status: 'ok' } },
  'GET /readyz': { at: '/readyz', status: 200, answer: { status: 'ready', phase: 'running', waiting: [] } },
  'GET /api/v1/livez': { at: '/api/v1/livez', status: 200, answer: { status: 'ok' } },
  'GET /api/v1/readyz': { at: '/api/v1/readyz', status: 200, answer: { status: 'ready' } },
  'GET /api/v1/health': { at: '/api/v1/health', status: 200, answer: { status: 'healthy' } },
  'GET /api/v1/whoami': { at: '/api/v1/whoami', status: 200, answer: { caller: 'api:socket', role: 'admin' } },
  'GET /api/v1/status': { at: '/api/v1/status', status: 200, answer: { name: 'shop', phase: 'running', ready: true } },
  'GET /api/v1/processes': {
    at: '/api/v1/processes?label=tier=front',
    status: 200,
    answer: {
      processes: [{ name: 'web', source: 'file', instances: [{ id: 'web-1', rss_bytes: expect.any(Number) }] }],
    },
  },
  'GET /api/v1/processes/{name}': { at: '/api/v1/processes/web?usage=false', status: 200, answer: { name: 'web' } },
  'PUT /api/v1/processes/{name}': { at: '/api/v1/processes/job?wait=10s', body: job, ...done },
  'POST /api/v1/processes': { at: '/api/v1/processes?wait=10s', body: { name: 'other', process: job }, ...done },
  'POST /api/v1/processes:reconcile': {
    at: '/api/v1/processes:reconcile?wait=10s',
    body: { label: 'owner=me', processes: { job, third: job } },
    status: 200,
    answer: { state: 'succeeded', diff: { added: ['third'], removed: ['other'], changed: [] } },
  },
  'DELETE /api/v1/processes/{name}': { at: '/api/v1/processes/job?wait=10s', ...done },
  'DELETE /api/v1/processes': {
    at: '/api/v1/processes?label=owner=me&wait=10s',
    status: 200,
    answer: { state: 'succeeded', diff: { removed: ['third'] } },
  },
  'POST /api/v1/processes/{name}/stop': {
    at: '/api/v1/processes/web/stop?wait=10s',
    status: 200,
    answer: { ...done.answer, processes: [{ name: 'web', state: 'STOPPED', desired: 'down' }] },
  },
  'POST /api/v1/processes/{name}/start': {
    at: '/api/v1/processes/web/start?wait=10s',
    status: 200,
    answer: { ...done.answer, processes: [{ name: 'web', state: 'READY', desired: 'up' }] },
  },
  'POST /api/v1/processes/{name}/restart': { at: '/api/v1/processes/web/restart?wait=10s&rolling', ...done },
  'POST /api/v1/processes/{name}/reload': { at: '/api/v1/processes/web/reload?wait=10s', ...done },
  'POST /api/v1/processes/{name}/signal': { at: '/api/v1/processes/web-1/signal', body: { signal: 'CONT' }, ...done },
  'POST /api/v1/processes/{name}/scale': {
    at: '/api/v1/processes/web/scale?wait=10s',
    body: { desired: 2 },
    status: 200,
    answer: { ...done.answer, processes: [{ scale: 2 }] },
  },
  'GET /api/v1/processes/{name}/logs': {
    at: '/api/v1/processes/hello/logs',
    status: 200,
    answer: { count: 1, logs: [{ instance: 'hello-1', stream: 'stdout', msg: 'hello' }] },
  },
  'GET /api/v1/logs': { at: '/api/v1/logs?tail=1&name=hello', status: 200, answer: { limit: 1, count: 1 } },
  'GET /api/v1/events': {
    at: '/api/v1/events?follow=false&types=supervisor.*',
    status: 200,
    answer: { gap: false, events: [{ type: 'supervisor.starting' }, { type: 'supervisor.running' }] },
  },
  'GET /api/v1/operations': {
    at: '/api/v1/operations',
    status: 200,
    answer: { operations: expect.arrayContaining([expect.objectContaining({ command: 'scale' })]) },
  },
  'GET /api/v1/operations/{id}': { at: '/api/v1/operations/none', status: 404, answer: { code: 'PM_API_NOT_FOUND' } },
  'GET /api/v1/oneshot/history': {
    at: '/api/v1/oneshot/history',
    status: 200,
    answer: { runs: [{ process: 'hello', success: true, exit_code: 0 }] },
  },
  'GET /api/v1/config': {
    at: '/api/v1/config',
    status: 200,
    answer: {
      keys: expect.arrayContaining([
        expect.objectContaining({ path: 'processes.web.env.DB_PASSWORD', value: '******' }),
      ]),
    },
  },
  'POST /api/v1/config:reload': {
    at: '/api/v1/config:reload?dry_run',
    status: 200,
    answer: { state: 'succeeded', changed: false },
  },
  'POST /api/v1/config/reload': { at: '/api/v1/config/reload?wait=10s', status: 200, answer: { changed: false } },
  'GET /api/v1/plugins': {
    at: '/api/v1/plugins',
    status: 200,
    answer: {
      plugins: [
        { name: 'api', reason: 'always' },
        { name: 'answers', muted: false },
      ],
    },
  },
  'GET /api/v1/openapi.json': { at: '/api/v1/openapi.json', status: 200, answer: { openapi: '3.1.0' } },
  'POST /api/v1/processes/{name}/trigger': { at: '/api/v1/processes/web/trigger', ...byPlugin('trigger') },
  'POST /api/v1/processes/{name}/pause': { at: '/api/v1/processes/web/pause', ...byPlugin('pause') },
  'POST /api/v1/processes/{name}/resume': { at: '/api/v1/processes/web/resume', ...byPlugin('resume') },
  'POST /api/v1/processes/{name}/schedule/trigger': {
    at: '/api/v1/processes/web/schedule/trigger',
    ...byPlugin('trigger'),
  },
  'POST /api/v1/processes/{name}/schedule/pause': { at: '/api/v1/processes/web/schedule/pause', ...byPlugin('pause') },
  'POST /api/v1/processes/{name}/schedule/resume': {
    at: '/api/v1/processes/web/schedule/resume',
    ...byPlugin('resume'),
  },
  'GET /api/v1/processes/{name}/schedule/history': {
    at: '/api/v1/processes/web/schedule/history?limit=3',
    ...byPlugin('schedule/history'),
  },
  'GET /api/v1/metrics/history': { at: '/api/v1/metrics/history?instance=web-1', ...byPlugin('metrics/history') },
};

/** Answers the routes that are left to plugins, and has one of its own. */
const plugin = `
import { definePlugin } from '@pm-supervisor/core';
export const answers = definePlugin(() => ({
  name: 'answers',
  requires: ['api'],
  setup(pm) {
    const api = pm.use('api');
    const say = (route) => () => ({ body: { route } });
    for (const verb of ['trigger', 'pause', 'resume']) api.answer('POST /api/v1/processes/{name}/' + verb, say(verb));
    api.answer('GET /api/v1/processes/{name}/schedule/history', say('schedule/history'));
    api.answer('GET /api/v1/metrics/history', say('metrics/history'));
    api.route(
      { method: 'GET', path: '/api/v1/plugins/answers/{what}', summary: 'Says it.', role: 'read', response: { type: 'object' } },
      ({ parameters }) => ({ body: parameters }),
    );
  },
}));
`;

const yaml = `
name: shop
processes:
  web: {command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.02; done"], reload_signal: CONT, labels: {tier: front}, env: {DB_PASSWORD: hunter2}}
  hello: {type: oneshot, command: [echo, hello]}
`;

test('every route of the table answers a real client, those of plugins too; the last one ends it [lines 17, 39, 40]', async ({
  folder,
}) => {
  await folder.write('answers.mjs', plugin);
  const pm = await folder.run(`${yaml}plugins: [./answers.mjs]\n`);
  await pm.out.waitFor('up after');
  const api = useSocket(folder);
  for (const [key, { at, body, status, answer }] of Object.entries(asks)) {
    const [method = ''] = key.split(' ');
    const reply = await api.request(method, at, body === undefined ? {} : { body });
    expect({ key, status: reply.status, body: reply.body }).toMatchObject({ key, status, body: answer ?? {} });
    expect(reply.text).not.toContain('hunter2');
  }
  expect((await api.get('/api/v1/plugins/answers/it')).body).toEqual({ what: 'it' });
  expect((await api.get('/api/v1/openapi.json')).body.paths).toHaveProperty('/api/v1/plugins/answers/{what}');
  const listed = await ask(folder, ['plugins']);
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(listed.out).toMatch(
    /^api +active +0 +bundled +always on +.*\nanswers +active +0 +\S*answers\.mjs +named in /m,
  );
  expect(await api.post('/api/v1/shutdown', { reason: 'enough' })).toMatchObject({ status: 200, body: done.answer });
  expect((await pm.ended).code).toBe(0);
});

test('routes that are left to a plugin say which, where it is not on', async ({ folder }) => {
  const pm = await folder.run(yaml);
  await pm.out.waitFor('up after');
  const api = useSocket(folder);
  for (const path of ['/api/v1/processes/web/schedule/history', '/api/v1/metrics/history'])
    expect(await api.get(path)).toMatchObject({ status: 404, body: { code: 'PM_API_NO_PROVIDER' } });
  expect(await api.post('/api/v1/processes/web/trigger')).toMatchObject({
    status: 404,
    body: { detail: 'the plugin "cron" is not on', hint: expect.stringContaining('plugins: { cron: true }') },
  });
  await pm.stop();
});
