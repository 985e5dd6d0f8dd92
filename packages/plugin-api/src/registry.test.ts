import { CommandError, type PluginScope } from '@pm-supervisor/core';
import { describe, expect, test } from 'vitest';
import './index.ts';
import { bootApi } from './testing/api-bench.ts';
import type { ApiRegistry } from './registry.ts';

/** A plugin that does something with the API, as a third party's would. */
const using = (use: (api: ApiRegistry, pm: PluginScope) => void) => ({
  cron: {
    name: 'cron',
    after: ['api'],
    setup(pm: PluginScope): void {
      const api = pm.use('api');
      if (api === undefined) throw new Error('the API is off');
      use(api, pm);
    },
  },
});

describe('plugins', () => {
  test('answer routes of the table that are theirs, in the name of who asked', async () => {
    const pm = await bootApi({
      plugins: using((api, scope) => {
        api.answer('POST /api/v1/processes/{name}/trigger', async ({ parameters, caller, from, role }) => {
          await scope.dispatch(
            { type: 'restart', targets: [String(parameters['name'])] },
            { onBehalfOf: caller, from },
          );
          return { status: 202, body: { parameters, role } };
        });
      }),
    });
    expect(await pm.post('/api/v1/processes/web/trigger?wait=5s')).toMatchObject({
      status: 202,
      body: { parameters: { name: 'web', wait: 5000 }, role: 'admin' },
    });
    expect(await pm.post('/api/v1/processes/web/schedule/trigger')).toMatchObject({ status: 202 });
    expect(pm.eventsOf('command.accepted')[0]).toMatchObject({ caller: 'cron:socket', from: 'unix' });
    expect(await pm.post('/api/v1/processes/web/pause')).toMatchObject({
      status: 404,
      body: { code: 'PM_API_NO_PROVIDER' },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('add routes of their own, which are checked, documented and taken back', async () => {
    const takeBack: (() => void)[] = [];
    const pm = await bootApi({
      plugins: using((api) => {
        const route = {
          method: 'POST',
          path: '/api/v1/plugins/cron/beats/{name}',
          summary: 'Beats.',
          role: 'operate',
          body: {
            type: 'object',
            properties: { times: { type: 'integer', minimum: 1 } },
            required: ['times'],
            additionalProperties: false,
          },
          response: { type: 'object' },
        } as const;
        takeBack.push(api.route(route, ({ body, parameters }) => ({ body: { body, parameters } })));
        expect(() => api.route(route, () => ({ body: {} }))).toThrow(RangeError);
        expect(() => api.route({ ...route, path: '/api/v1/status' }, () => ({ body: {} }))).toThrow(
          'begins with /api/v1/plugins/',
        );
        expect(() => api.answer('GET /api/v1/status', () => ({ body: {} }))).toThrow('no route that a plugin answers');
      }),
    });
    expect(await pm.post('/api/v1/plugins/cron/beats/a', { times: 2 })).toMatchObject({
      status: 200,
      body: { body: { times: 2 }, parameters: { name: 'a' } },
    });
    expect(await pm.post('/api/v1/plugins/cron/beats/a', { times: 0 })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'times' }] },
    });
    expect((await pm.get('/api/v1/openapi.json')).body.paths['/api/v1/plugins/cron/beats/{name}'].post).toMatchObject({
      summary: 'Beats.',
    });
    takeBack[0]?.();
    expect(await pm.post('/api/v1/plugins/cron/beats/a', { times: 2 })).toMatchObject({ status: 404 });
    expect(await pm.stop()).toBe(0);
  });

  test('that fail are told apart from those that refuse', async () => {
    const pm = await bootApi({
      plugins: using((api) => {
        api.answer('POST /api/v1/processes/{name}/pause', () => Promise.reject(new TypeError('oops')));
        api.answer('POST /api/v1/processes/{name}/resume', () => {
          throw new CommandError('PM_COMMAND_INVALID', 'it has no schedule');
        });
      }),
    });
    expect(await pm.post('/api/v1/processes/web/pause')).toMatchObject({
      status: 500,
      body: { code: 'PM_API_PROVIDER_FAILED', detail: 'the plugin failed: oops' },
    });
    expect(await pm.post('/api/v1/processes/web/resume')).toMatchObject({
      status: 422,
      body: { detail: 'it has no schedule' },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('say how instances are and when processes run, and count requests', async () => {
    const requests: string[] = [];
    const pm = await bootApi({
      plugins: using((api) => {
        const last = { ok: true, ms: 1, at: '2026-01-01T00:00:00.000Z', text: '200' };
        api.health(({ id }) => (id === 'web-1' ? { status: 'healthy', failures: 0, last } : undefined));
        api.schedule(() => ({
          expression: '@daily',
          timezone: 'UTC',
          paused: false,
          next_run_at: null,
          last_run_at: null,
          success_rate: null,
        }));
        api.observe(({ route, status }) => void requests.push(`${route} ${status}`));
      }),
    });
    const { body } = await pm.get('/api/v1/processes/web');
    expect(body).toMatchObject({ schedule: { expression: '@daily' }, instances: [{ health: { status: 'healthy' } }] });
    await pm.get('/nothing');
    expect(requests).toEqual(['GET /api/v1/processes/{name} 200', 'unknown 404']);
    expect(await pm.stop()).toBe(0);
  });
});
