import type { ServerResponse } from 'node:http';
import type { EventMessage, LogLine, Operation, Status } from './contract.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createClient, type Client, type ClientOptions } from './client.ts';
import { ApiError, TimeoutError } from './errors.ts';
import type { EventItem } from './stream/events.ts';
import type { ConnectionState } from './stream/subscription.ts';
import {
  beginStream,
  readBody,
  sendJson,
  sendMessage,
  sendProblem,
  startServer,
  type Handler,
} from './testing/test-server.ts';

const operation: Operation = {
  id: 'op1',
  command: 'restart',
  targets: ['web'],
  caller: 'api:socket',
  state: 'succeeded',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: null,
  changed: true,
  processes: [],
};
const status: Status = {
  version: '1.0.0',
  pid: 1,
  phase: 'running',
  ready: true,
  started_at: '2026-01-01T00:00:00Z',
  uptime_s: 1,
  seq: 0,
  processes: [],
};

async function useClient(
  answer: Handler,
  options: ClientOptions = {},
): Promise<{ client: Client; requests: readonly string[] }> {
  const { socket, requests } = await startServer(answer);
  const client = createClient({ socket, ...options });
  onTestFinished(() => client.close());
  return { client, requests };
}

/** Answers each request by the next of these. */
function inTurn(...answers: ((response: ServerResponse) => void)[]): Handler {
  let turn = 0;
  return (_, response) => answers[turn++]?.(response);
}

test('every method calls its route', async () => {
  const calls: string[] = [];
  const { client } = await useClient(async (request, response) => {
    calls.push(`${request.method} ${request.url} ${await readBody(request)}`.trimEnd());
    sendJson(response, { ...operation, processes: [], plugins: [], logs: [], runs: [] });
  });
  const now = { waitMs: 0 };
  await client.status({ usage: false });
  await client.processes({ name: ['a', 'b'], label: 'k=v' });
  await client.process('web');
  await client.start('web', now);
  await client.stop(['web', 'queue-2'], now);
  await client.restart('web', { ...now, rolling: true });
  await client.reload('web', now);
  await client.signal('web', 'HUP', now);
  await client.scale('web', 3, now);
  await client.scale('web', { by: -1 }, now);
  await client.put('job', { command: ['true'] }, now);
  await client.remove('job', now);
  await client.removeLabelled('owner=router', { ...now, dryRun: true });
  await client.reconcile('owner=router', {}, now);
  await client.reloadConfig({ ...now, dryRun: true });
  await client.trigger('job', now);
  await client.pause('job');
  await client.resume('job');
  await client.runs('job', { limit: 3 });
  await client.logs({ name: ['a', 'b'], tail: 5 });
  await client.operation('op1');
  await client.config();
  await client.plugins();
  await client.whoAmI();
  await client.shutdown('enough', now);
  await client.request('GET /api/v1/heartbeat', { query: { last: true } });
  expect(calls).toEqual([
    'GET /api/v1/status?usage=false',
    'GET /api/v1/processes?name=a%2Cb&label=k%3Dv',
    'GET /api/v1/processes/web',
    'POST /api/v1/processes/web/start',
    'POST /api/v1/processes/web%2Cqueue-2/stop',
    'POST /api/v1/processes/web/restart?rolling=true',
    'POST /api/v1/processes/web/reload',
    'POST /api/v1/processes/web/signal {"signal":"HUP"}',
    'POST /api/v1/processes/web/scale {"desired":3}',
    'POST /api/v1/processes/web/scale {"delta":-1}',
    'PUT /api/v1/processes/job {"command":["true"]}',
    'DELETE /api/v1/processes/job',
    'DELETE /api/v1/processes?label=owner%3Drouter&dry_run=true',
    'POST /api/v1/processes:reconcile {"label":"owner=router","processes":{}}',
    'POST /api/v1/config:reload?dry_run=true',
    'POST /api/v1/processes/job/trigger',
    'POST /api/v1/processes/job/pause',
    'POST /api/v1/processes/job/resume',
    'GET /api/v1/processes/job/schedule/history?limit=3',
    'GET /api/v1/logs?tail=5&name=a%2Cb',
    'GET /api/v1/operations/op1',
    'GET /api/v1/config',
    'GET /api/v1/plugins',
    'GET /api/v1/whoami',
    'POST /api/v1/shutdown {"reason":"enough"}',
    'GET /api/v1/heartbeat?last=true',
  ]);
});

test('a command that takes long is waited for in parts', async () => {
  const running = (response: ServerResponse): void => sendJson(response, { ...operation, state: 'running' }, 202);
  const { client, requests } = await useClient(inTurn(running, running, (response) => sendJson(response, operation)));
  await expect(client.restart('web')).resolves.toMatchObject({ state: 'succeeded' });
  expect(requests).toEqual([
    'POST /api/v1/processes/web/restart?wait=25000ms',
    'GET /api/v1/operations/op1?wait=25000ms',
    'GET /api/v1/operations/op1?wait=25000ms',
  ]);
});

test('a command goes on being waited for while the API is set up anew', async () => {
  const running = (response: ServerResponse): void => sendJson(response, { ...operation, state: 'running' }, 202);
  const gone = (response: ServerResponse): void => void response.socket?.destroy();
  const { client, requests } = await useClient(
    inTurn(running, gone, gone, (response) => sendJson(response, operation)),
  );
  await expect(client.restart('web')).resolves.toMatchObject({ state: 'succeeded' });
  expect(requests.slice(1)).toEqual(Array.from({ length: 3 }, () => 'GET /api/v1/operations/op1?wait=25000ms'));
});

test('a command that is not done in time is answered as it stands', async () => {
  const { client, requests } = await useClient((_, response) =>
    sendJson(response, { ...operation, state: 'running' }, 202),
  );
  await expect(client.stop('web', { waitMs: 20 })).resolves.toMatchObject({ state: 'running' });
  expect(requests[0]).toMatch(/stop\?wait=\d+ms$/);
});

test('a command that fails while it is waited for is an ApiError, as one that is refused', async () => {
  const problem = {
    type: 'urn:pm:PM_COMMAND_TIMEOUT',
    title: 'x',
    status: 409,
    code: 'PM_COMMAND_TIMEOUT',
    detail: 'rolling restart stopped at web-2',
  };
  const { client } = await useClient(
    inTurn(
      (response) => sendJson(response, { ...operation, state: 'running' }, 202),
      (response) => sendJson(response, { ...operation, state: 'failed', problem }),
      (response) => sendProblem(response, problem),
    ),
  );
  const failed = expect.objectContaining({
    name: 'ApiError',
    message: 'rolling restart stopped at web-2',
    code: 'PM_COMMAND_TIMEOUT',
  }) as Error;
  await expect(client.restart('web')).rejects.toThrow(failed);
  await expect(client.restart('web')).rejects.toThrow(failed);
});

test('"not ready" is an answer; a 503 of something else is not', async () => {
  const { client } = await useClient(
    inTurn(
      (response) => sendJson(response, { status: 'not ready', phase: 'booting', waiting: [] }, 503),
      (response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('<html>'),
    ),
  );
  await expect(client.readiness()).resolves.toMatchObject({ status: 'not ready' });
  await expect(client.readiness()).rejects.toThrow('the answer is text/html, not JSON');
});

test('events: a snapshot, then each event once, also over a lost connection', async () => {
  const event = (seq: number): EventMessage => ({ seq, at: '', type: 'instance.changed' });
  const send = (response: ServerResponse, seq: number): void =>
    sendMessage(response, { event: 'instance.changed', id: seq, data: event(seq) });
  const { client, requests } = await useClient(
    inTurn(
      (response) => {
        beginStream(response);
        sendMessage(response, { event: 'snapshot', id: 4, data: { ...status, seq: 4 } });
        send(response, 5);
        sendMessage(response, { event: 'end', data: { reason: 'slow', detail: 'the client did not read' } });
        response.end();
      },
      (response) => {
        beginStream(response);
        sendMessage(response, { event: 'gap', data: { after: 5, oldest: 9 } });
        sendMessage(response, { event: 'snapshot', id: 9, data: { ...status, seq: 9 } });
        send(response, 10);
      },
    ),
  );
  const seen: EventItem[] = [];
  const losses: string[] = [];
  const options = {
    reconnect: { initialMs: 1 },
    onConnection: (state: ConnectionState) => void (state.state === 'lost' && losses.push(state.error.message)),
  };
  for await (const item of client.events({ types: 'instance.*' }, options)) {
    seen.push(item);
    if (item.kind === 'event' && item.event.seq === 10) break;
  }
  expect(seen).toEqual([
    { kind: 'snapshot', status: { ...status, seq: 4 } },
    { kind: 'event', event: event(5) },
    { kind: 'gap', gap: { after: 5, oldest: 9 } },
    { kind: 'snapshot', status: { ...status, seq: 9 } },
    { kind: 'event', event: event(10) },
  ]);
  expect(losses).toEqual(['the client did not read']);
  expect(requests).toEqual(['GET /api/v1/events?types=instance.*', 'GET /api/v1/events?types=instance.*&since=5']);
});

test('logs: lines that a new connection repeats are not repeated, and none is lost', async () => {
  const line = (time: string, msg: string): LogLine => ({
    time,
    process: 'web',
    instance: 'web-1',
    stream: 'stdout',
    level: 'info',
    msg,
  });
  const stream =
    (...lines: LogLine[]) =>
    (response: ServerResponse): void => {
      beginStream(response);
      for (const data of lines) sendMessage(response, { event: 'line', data });
      response.socket?.destroySoon();
    };
  const { client, requests } = await useClient(
    inTurn(
      stream(line('T1', 'a'), line('T2', 'b'), line('T2', 'b'), line('T2', 'c')),
      stream(line('T2', 'b'), line('T2', 'b'), line('T2', 'c'), line('T2', 'b'), line('T3', 'd')),
      stream(line('T3', 'd'), line('T3', 'd'), line('T4', 'end')),
    ),
  );
  const seen: string[] = [];
  for await (const { msg } of client.followLogs({ name: 'web', tail: 10 }, { reconnect: { initialMs: 1 } })) {
    seen.push(msg);
    if (msg === 'end') break;
  }
  expect(seen).toEqual(['a', 'b', 'b', 'c', 'b', 'd', 'd', 'end']);
  expect(requests).toEqual([
    'GET /api/v1/logs?name=web&tail=10&follow=true',
    'GET /api/v1/logs?name=web&tail=100000&since=T2&follow=true',
    'GET /api/v1/logs?name=web&tail=100000&since=T3&follow=true',
  ]);
});

test('until: looks at the snapshot, then once for all that changed meanwhile', async () => {
  let asked = 0;
  const { client, requests } = await useClient((request, response) => {
    if (request.url?.startsWith('/api/v1/status')) {
      asked += 1;
      return sendJson(response, { ...status, seq: asked === 1 ? 3 : 5 });
    }
    beginStream(response);
    sendMessage(response, { event: 'snapshot', id: 0, data: status });
    for (const seq of [1, 2, 3, 4, 5])
      sendMessage(response, { event: 'instance.changed', id: seq, data: { seq, at: '', type: 'instance.changed' } });
  });
  const looked: number[] = [];
  const found = await client.until(({ seq }) => {
    looked.push(seq);
    return seq === 5 ? 'found' : undefined;
  });
  expect(found).toBe('found');
  expect(looked).toEqual([0, 3, 5]);
  expect(requests).toHaveLength(3);
});

test('watch: looks again after a while without events, and can be left at any moment', async () => {
  const { socket, open } = await startServer((request, response) => {
    if (request.url?.startsWith('/api/v1/status')) return sendJson(response, { ...status, seq: 1 });
    beginStream(response);
    sendMessage(response, { event: 'snapshot', id: 1, data: { ...status, seq: 1 } });
  });
  const client = createClient({ socket });
  const looked: number[] = [];
  for await (const { seq } of client.watch({ refreshMs: 5, usage: false })) {
    looked.push(seq);
    if (looked.length === 3) break;
  }
  expect(looked).toEqual([1, 1, 1]);
  client.close();
  await expect.poll(open).toBe(0);
});

test('watch: with usage, which a snapshot does not carry', async () => {
  const { client, requests } = await useClient((request, response) => {
    if (request.url?.startsWith('/api/v1/status')) return sendJson(response, { ...status, uptime_s: 7 });
    beginStream(response);
    sendMessage(response, { event: 'snapshot', id: 1, data: { ...status, seq: 1 } });
  });
  for await (const { uptime_s: uptime } of client.watch()) {
    expect(uptime).toBe(7);
    break;
  }
  expect(requests[1]).toBe('GET /api/v1/status?usage=true');
});

test('until: ends with its time, and with what the search throws', async () => {
  const { client } = await useClient((_, response) => {
    beginStream(response);
    sendMessage(response, { event: 'snapshot', id: 0, data: status });
  });
  await expect(client.until(() => undefined, { limitMs: 20 })).rejects.toThrow(TimeoutError);
  const search = (): never => {
    throw new Error('it failed for good');
  };
  await expect(client.until(search)).rejects.toThrow('it failed for good');
});

test('a signal ends a call', async () => {
  const controller = new AbortController();
  const { client } = await useClient(() => controller.abort(new Error('enough')));
  await expect(client.status({ signal: controller.signal })).rejects.toThrow('enough');
});

test('an answer that is not there in time', async () => {
  const { client } = await useClient(() => undefined, { timeoutMs: 20 });
  await expect(client.status()).rejects.toThrow(TimeoutError);
  await expect(client.process('nope', { timeoutMs: 10 })).rejects.toThrow('within 0.01 s (GET /api/v1/processes/nope)');
});

test('a refusal carries what to do', async () => {
  const { client } = await useClient((_, response) =>
    sendProblem(response, {
      status: 404,
      title: 'x',
      detail: 'there is no process "wbe"',
      hint: 'Did you mean "web"?',
      code: 'PM_COMMAND_UNKNOWN_TARGET',
    }),
  );
  await expect(client.start('wbe')).rejects.toThrow(ApiError);
  await expect(client.start('wbe')).rejects.toThrow(expect.objectContaining({ hint: 'Did you mean "web"?' }) as Error);
});
