import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceStatus, Operation, ProcessStatus, Status } from '@pm-supervisor/client';
import { onTestFinished } from 'vitest';
import type { CliContext } from '../context.ts';
import { runProgram } from '../program.ts';

/** What a route answers: a value (200), or whatever it does with the response. */
export type Answer = object | ((request: IncomingMessage, response: ServerResponse, body: string) => void);

export interface FakeDaemon {
  readonly socket: string;
  /** `METHOD /path?query body` of every request so far. */
  readonly requests: readonly string[];
}

/** Answers as the API does, by `METHOD /path` without the query; gone when the test ends. */
export async function startDaemon(answers: Readonly<Record<string, Answer>>): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-cli-'));
  const socket = join(folder, 'pm.sock');
  const requests: string[] = [];
  const server = createServer((request, response) => void answerRequest(request, response));
  const answerRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    requests.push(`${method} ${url} ${body}`.trimEnd());
    const answer = answers[`${method} ${decodeURIComponent(url.split('?')[0] ?? '')}`];
    if (answer === undefined)
      sendProblem(response, { status: 404, code: 'PM_API_NOT_FOUND', detail: `no answer for ${method} ${url}` });
    else if (typeof answer === 'function') answer(request, response, body);
    else sendJson(response, answer);
  };
  server.listen(socket);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  });
  return { socket, requests };
}

export function sendJson(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function sendProblem(
  response: ServerResponse,
  problem: { readonly status: number } & Readonly<Record<string, unknown>>,
): void {
  response
    .writeHead(problem.status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ title: 'x', ...problem }));
}

/** A stream of these messages; then it stays open, or ends with an `end` message. */
export function sendStream(
  response: ServerResponse,
  messages: readonly (readonly [string, object])[],
  end?: 'closing',
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const all =
    end === undefined ? messages : [...messages, ['end', { reason: end, detail: 'the supervisor stops' }] as const];
  response.write(all.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''));
  if (end !== undefined) response.end();
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: CliContext['env'];
  readonly isTerminal?: boolean;
  readonly cwd?: string;
}

/** Runs `pm ARGV…` in this process. */
export async function runPm(
  argv: readonly string[],
  { env = {}, isTerminal = false, cwd = '/nowhere' }: RunOptions = {},
): Promise<Ended> {
  let [out, err] = ['', ''];
  const code = await runProgram({
    argv,
    env,
    cwd,
    pid: 42,
    node: { version: '24.21.0', path: '/usr/bin/node', arch: 'x64' },
    hasTerminal: false,
    stdout: { isTerminal, write: (text) => (out += text) },
    stderr: { isTerminal: false, write: (text) => (err += text) },
  });
  return { code, out, err };
}

export function toInstance(overrides: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    id: 'web-1',
    index: 1,
    state: 'READY',
    ready: true,
    pid: 71,
    started_at: '2026-01-01T00:00:00Z',
    uptime_s: 3725,
    restarts: 0,
    consecutive_failures: 0,
    last_exit: null,
    health: null,
    cpu_percent: 1.25,
    rss_bytes: 47_290_000,
    threads: 4,
    fds: 12,
    ...overrides,
  };
}

/** A process with one instance, whose state is that of the process unless it is given. */
export function toProcess(
  overrides: Partial<ProcessStatus> = {},
  instance: Partial<InstanceStatus> = {},
): ProcessStatus {
  const { name = 'web', state = 'READY' } = overrides;
  const ready = state === 'READY';
  const runs = ['READY', 'RUNNING', 'STARTING', 'STOPPING'].includes(state)
    ? {}
    : { pid: null, started_at: null, uptime_s: null, cpu_percent: null, rss_bytes: null };
  return {
    name,
    type: 'longrun',
    state,
    ready,
    desired: 'up',
    scale: 1,
    max_scale: 100,
    labels: {},
    source: 'file',
    depends_on: [],
    instances: [toInstance({ id: `${name}-1`, state, ready, ...runs, ...instance })],
    ...overrides,
  };
}

export function toStatus(...processes: ProcessStatus[]): Status {
  return {
    version: '1.2.3',
    pid: 1,
    phase: 'running',
    ready: true,
    started_at: '2026-01-01T00:00:00.000Z',
    uptime_s: 3725,
    seq: 9,
    processes,
  };
}

export function toOperation(overrides: Partial<Operation> = {}): Operation {
  return {
    id: 'op1',
    command: 'start',
    targets: ['web'],
    caller: 'api:socket',
    state: 'succeeded',
    started_at: '',
    ended_at: null,
    changed: true,
    processes: [toProcess()],
    ...overrides,
  };
}
