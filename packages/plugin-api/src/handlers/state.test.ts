import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { schemas, type SchemaName } from '../routes/schemas.ts';
import { listRoutes } from '../routes/table.ts';
import { bootApi } from '../testing/api-bench.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const isValid = (name: SchemaName) => ajv.compile({ ...schemas[name], components: { schemas } });

describe('status', () => {
  test('of a process: what it is, how its instances are, what they use', async () => {
    const pm = await bootApi({
      processes: {
        web: { command: 'web', scale: 2, depends_on: 'db', labels: { tier: 'front' } },
        db: { command: 'db', max_scale: 1 },
      },
    });
    await pm.turn(2000);
    const { body } = await pm.get('/api/v1/processes/web');
    expect(body).toMatchObject({
      name: 'web',
      type: 'longrun',
      state: 'READY',
      ready: true,
      desired: 'up',
      scale: 2,
      max_scale: 100,
      labels: { tier: 'front' },
      source: 'file',
      depends_on: [{ process: 'db', condition: 'ready', optional: false }],
    });
    expect(body.instances).toMatchObject([
      {
        id: 'web-1',
        index: 1,
        state: 'READY',
        ready: true,
        restarts: 0,
        consecutive_failures: 0,
        last_exit: null,
        health: null,
        threads: 1,
        fds: 3,
        rss_bytes: 0,
      },
      { id: 'web-2', index: 2, uptime_s: 2 },
    ]);
    expect(body.instances[0].started_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await pm.stop()).toBe(0);
  });

  test('an instance that ended says how, and when it comes back', async () => {
    const pm = await bootApi({ processes: { web: { command: 'web', restart_backoff: '10s' } } });
    pm.spawner.of('web-1').exit(3);
    await pm.turn(1000);
    const [instance] = (await pm.get('/api/v1/processes/web')).body.instances;
    expect(instance).toMatchObject({
      state: 'BACKOFF',
      pid: null,
      uptime_s: null,
      rss_bytes: null,
      consecutive_failures: 1,
      last_exit: { code: 3, signal: null, text: 'exit 3' },
    });
    expect(Date.parse(instance.next_restart_at)).toBeGreaterThan(Date.parse(instance.last_exit.at));
    expect(await pm.stop()).toBe(0);
  });

  test('of the supervisor; without measuring where it is not wanted', async () => {
    const pm = await bootApi();
    const { body } = await pm.get('/api/v1/status?usage=false');
    expect(body).toMatchObject({
      version: '0.1.0',
      pid: 1,
      phase: 'running',
      ready: true,
      processes: [{ instances: [{ threads: null }] }],
    });
    expect(body.seq).toBe(pm.supervisor.journal.seq);
    expect(await pm.stop()).toBe(0);
  });

  test('some: by name, by bundle, by label', async () => {
    const pm = await bootApi({
      processes: { a: { command: 'a' }, b: { command: 'b', labels: { tier: 'x' } }, c: { command: 'c' } },
    });
    const names = async (query: string): Promise<string[]> =>
      (await pm.get(`/api/v1/processes?${query}`)).body.processes.map(({ name }: { name: string }) => name);
    expect(await names('name=c,a-1')).toEqual(['a', 'c']);
    expect(await names('label=tier=x')).toEqual(['b']);
    expect(await pm.get('/api/v1/processes?name=x')).toMatchObject({
      status: 404,
      body: { code: 'PM_COMMAND_UNKNOWN_TARGET' },
    });
    expect(await pm.get('/api/v1/processes/a-1')).toMatchObject({ status: 404 });
    expect(await pm.stop()).toBe(0);
  });
});

describe('probes', () => {
  test('livez answers as long as the loop does; readyz only when everything that boots is ready [line 39]', async () => {
    const pm = await bootApi({
      processes: {
        web: { command: 'web' },
        job: { type: 'oneshot', command: 'job' },
        spare: { command: 'spare', initial_state: 'stopped' },
      },
      onSpawn: (child) => child.request.process === 'job' && child.exit(0),
    });
    expect(await pm.get('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await pm.get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready', waiting: [] } });
    pm.spawner.of('web-1').exit(1);
    await pm.turn();
    expect(await pm.get('/readyz')).toMatchObject({
      status: 503,
      body: { status: 'not ready', phase: 'running', waiting: [{ process: 'web', state: 'BACKOFF' }] },
    });
    expect(await pm.get('/api/v1/health')).toMatchObject({ status: 200, body: { status: 'healthy' } });
    expect(await pm.stop()).toBe(0);
  });
});

describe('what is in force', () => {
  test('the configuration, with who set each key, and no secret', async () => {
    const pm = await bootApi({
      processes: { web: { command: 'web', env: { API_TOKEN: 'hunter2' } } },
      options: { token: 'a-long-enough-token-0001', tokens: [{ name: 'ci', token: 'a-long-enough-token-0002' }] },
    });
    const reply = await pm.get('/api/v1/config');
    expect(reply.body.origin).toBe('inline');
    expect(reply.body.keys).toContainEqual({ path: 'processes.web.command', value: 'web', source: 'inline' });
    expect(reply.text).not.toMatch(/hunter2|long-enough/);
    expect(await pm.stop()).toBe(0);
  });

  test('plugins, with what they tap and own', async () => {
    const pm = await bootApi();
    const api = (await pm.get('/api/v1/plugins')).body.plugins.find(({ name }: { name: string }) => name === 'api');
    expect(api).toMatchObject({ key: 'api', reason: 'config', from: 'bundled', muted: false, provides: ['api'] });
    expect(api.keys).toContain('global.api_port');
    expect(await pm.stop()).toBe(0);
  });

  test('runs of oneshots, the newest first', async () => {
    const pm = await bootApi({
      processes: { job: { type: 'oneshot', command: 'job', required: false }, web: { command: 'web' } },
      onSpawn: (child) => child.request.process === 'job' && child.exit(0),
    });
    await pm.post('/api/v1/processes/job/restart?wait=1s');
    const { runs } = (await pm.get('/api/v1/oneshot/history')).body;
    expect(runs).toMatchObject([
      { process: 'job', instance: 'job-1', success: true, exit_code: 0, text: 'exit 0' },
      { process: 'job' },
    ]);
    expect((await pm.get('/api/v1/oneshot/history?limit=1')).body.runs).toHaveLength(1);
    expect(await pm.stop()).toBe(0);
  });
});

test('every answer is what its schema says', async () => {
  const pm = await bootApi({ processes: { web: { command: 'web', depends_on: 'db' }, db: { command: 'db' } } });
  pm.spawner.of('web-1').exit(1);
  await pm.post('/api/v1/processes/db/restart?wait=1s');
  await pm.turn(1000);
  for (const { method, template, response, stream, alsoStatus, plugin, key } of listRoutes()) {
    if (method !== 'GET' || plugin !== undefined) continue;
    const operation = (await pm.get('/api/v1/operations')).body.operations[0].id as string;
    const path = template.replace('{name}', 'web').replace('{id}', operation);
    const reply = await pm.get(`${path}${stream === undefined || template.endsWith('logs') ? '' : '?follow=false'}`);
    expect([200, alsoStatus], key).toContain(reply.status);
    const validate = isValid(response);
    expect(validate(reply.body), `${key}: ${JSON.stringify(validate.errors)}`).toBe(true);
  }
  expect(await pm.stop()).toBe(0);
});

test('the document of the API is valid OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const pm = await bootApi();
  const { body } = await pm.get('/api/v1/openapi.json');
  expect(await new Validator().validate(body)).toEqual({ valid: true });
  expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'pm management API' } });
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
    Object.values(path),
  );
  expect(operations).toHaveLength(listRoutes().length);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(body.components.schemas).toHaveProperty(name ?? '');
  for (const schema of Object.values(schemas)) ajv.compile({ ...schema, components: { schemas } });
  expect(await pm.stop()).toBe(0);
});
