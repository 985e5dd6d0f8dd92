import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { test, until } from '../../harness/folder.ts';
import { arbitraryRequest, type FuzzedRequest, type OpenApi } from './requests.ts';

const yaml = `
global: {log_format: json, log_level: warn, max_process_scale: 4, on_idle: stay, shutdown_timeout: 5s}
bundles: {all: [web, job]}
processes:
  web: {command: [sleep, "600"], labels: {tier: front}, scale: 2, shutdown: {timeout: 1s}}
  job: {type: oneshot, command: ["true"], required: false}
templates:
  "tpl@": {command: [sleep, "600"], initial_state: stopped}
`;

/** Requests in one go, and how often: 20,000 in all. What differs without the native helper is not HTTP: a tenth of it. */
const together = 16;
const rounds = process.env['PM_NATIVE'] === 'off' ? 125 : 1250;

interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: together });

/** A stream is left as soon as it has begun. */
function send(socketPath: string, { method, path, body, headers }: FuzzedRequest): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        socketPath,
        method,
        path,
        agent,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
      },
      (response) => {
        const { statusCode: status = 0 } = response;
        const type = response.headers['content-type'] ?? '';
        if (type === 'text/event-stream') {
          resolve({ status, type, text: '' });
          return void request.destroy();
        }
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
        response.on('end', () => resolve({ status, type, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** What is wrong with an answer; undefined: nothing. */
function judge(
  { method, template }: FuzzedRequest,
  { status, type, text }: Outcome,
  schemaOf: (template: string, method: string) => ValidateFunction | undefined,
): string | undefined {
  const isNotReady = status === 503 && template.endsWith('readyz');
  if ((status >= 500 && !isNotReady) || status < 200) return `status ${status}: ${text}`;
  if (type === 'text/event-stream' || method === 'HEAD') return undefined;
  const body = JSON.parse(text) as { status?: number; code?: string };
  if (status >= 400 && !isNotReady) {
    const isProblem =
      type === 'application/problem+json' && body.status === status && /^PM_[A-Z_]+$/.test(body.code ?? '');
    return isProblem ? undefined : `no problem: ${type} ${text}`;
  }
  const validate = schemaOf(template, method.toLowerCase());
  return validate === undefined || validate(body)
    ? undefined
    : `not as documented: ${JSON.stringify(validate.errors)} ${text.slice(0, 500)}`;
}

function createSchemas(api: OpenApi): (template: string, method: string) => ValidateFunction | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const compiled = new Map<string, ValidateFunction>();
  return (template, method) => {
    const schema = api.paths[template]?.[method]?.responses['200']?.content['application/json']?.schema;
    const name = schema?.$ref?.split('/').at(-1);
    if (name === undefined) return undefined;
    const known = compiled.get(name) ?? ajv.compile({ ...api.components.schemas[name], components: api.components });
    compiled.set(name, known);
    return known;
  };
}

async function statusOf(pid: number): Promise<{ rss: number; fds: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return { rss: Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) * 1024, fds: (await readdir(`/proc/${pid}/fd`)).length };
}

test(
  '20,000 requests made from the document of the API: no answer is a 5xx or undocumented, nothing crashes, nothing is left',
  { timeout: 240_000 },
  async ({ folder }) => {
    // What is kept for ever ends in this heap: 1 KB of each request would be too much.
    const pm = await folder.run(yaml, { env: { NODE_OPTIONS: '--max-old-space-size=36' } });
    await until(
      'it answers',
      async () =>
        (
          await useSocket(folder)
            .get('/readyz')
            .catch(() => undefined)
        )?.status === 200,
    );
    const socket = `${folder.path}/.run/pm.sock`;
    const pid = await pm.pid();
    const api = (await useSocket(folder).get('/api/v1/openapi.json')).body as OpenApi;
    const schemaOf = createSchemas(api);
    const before = await statusOf(pid);
    const counts = new Map<number, number>();
    const property = fc.asyncProperty(
      fc.array(arbitraryRequest(api), { minLength: together, maxLength: together }),
      async (requests) => {
        const answered = await Promise.all(
          requests.map(async (request) => ({ request, outcome: await send(socket, request) })),
        );
        for (const { request, outcome } of answered) {
          counts.set(outcome.status, (counts.get(outcome.status) ?? 0) + 1);
          const wrong = judge(request, outcome, schemaOf);
          const { method, path, body, headers } = request;
          if (wrong !== undefined) throw new Error(`${method} ${path} ${body} ${JSON.stringify(headers)}: ${wrong}`);
        }
      },
    );
    const seed = Number(process.env['PM_FUZZ_SEED'] ?? 4);
    await fc.assert(property, { numRuns: rounds, endOnFailure: true, seed });

    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(together * rounds);
    // Otherwise it was no test of what routes do.
    for (const status of [200, 202, 400, 404, 405, 415, 422])
      expect(counts.get(status), `answers with ${status}`).toBeGreaterThan(rounds / 125);
    agent.destroy();
    const client = useSocket(folder);
    expect((await client.get('/api/v1/whoami')).body.pid).toBe(pid);
    await client.request('DELETE', '/api/v1/processes?label=owner=fuzz&wait=10s');
    await until('its connections are closed', async () => (await statusOf(pid)).fds < before.fds + 40);
    expect((await statusOf(pid)).rss - before.rss).toBeLessThan(250 * 1024 * 1024);
    const { events } = (await client.get('/api/v1/events?follow=false&types=plugin.*')).body;
    expect(events).toEqual([]);
    expect(pm.out.records.filter(({ level, msg }) => level === 'error' && msg.startsWith('api:'))).toEqual([]);
    expect((await pm.stop()).code).toBe(0);
  },
);
