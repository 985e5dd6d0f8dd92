import { mkdtempSync, rmSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginDefinition, PluginFactory } from '@pm-supervisor/core';
import { createTestSupervisor, type TestSupervisor, type TestSupervisorOptions } from '@pm-supervisor/core/testing';
import { onTestFinished } from 'vitest';
import { api } from '../plugin.ts';

export interface BenchOptions {
  /** Default: one process, `web`. */
  readonly processes?: object;
  readonly global?: object;
  /** Options of the plugin, beside `socket`. */
  readonly options?: object;
  /** Others, set up after the API. */
  readonly plugins?: Readonly<Record<string, PluginDefinition | PluginFactory>>;
  /** Time that passes in each round of the boot. Default 0. */
  readonly bootStepMs?: number;
  /** Plays the program of each child. */
  readonly onSpawn?: TestSupervisorOptions['onSpawn'];
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  // Tests look into bodies of every shape.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where, if not the socket. */
  readonly port?: number;
}

/** A supervisor of fakes with the real API on a real socket. */
export interface ApiBench extends TestSupervisor {
  readonly socket: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  get(path: string, options?: RequestOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Reply>;
  /** Opens a stream. */
  stream(path: string, headers?: Readonly<Record<string, string>>): Promise<TestStream>;
  /** A connection to write anything to. */
  connect(): Promise<RawConnection>;
}

export interface TestStream {
  readonly response: IncomingMessage;
  /** Messages so far: `snapshot 12`, `instance.changed 13`. */
  readonly seen: readonly SeenMessage[];
  /** Resolves with the first message, past or coming, that fits. */
  waitFor(event: string): Promise<SeenMessage>;
  readonly ended: Promise<void>;
  close(): void;
}

export interface SeenMessage {
  readonly event: string;
  readonly id: string | undefined;
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

export interface RawConnection {
  readonly socket: Socket;
  /** All that came. */
  readonly text: () => string;
  readonly closed: Promise<void>;
}

/** Boots. The test ends it itself with `stop`, or it is ended after the test. */
export async function bootApi({
  processes = { web: { command: 'web' } },
  global = {},
  options = {},
  plugins = {},
  bootStepMs = 0,
  onSpawn,
}: BenchOptions = {}): Promise<ApiBench> {
  const folder = mkdtempSync(join(tmpdir(), 'api-'));
  const socket = join(folder, 'pm.sock');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pm = await createTestSupervisor({
    config: {
      processes,
      global: { on_idle: 'stay', ...global },
      plugins: { api: { socket, ...options }, ...Object.fromEntries(Object.keys(plugins).map((name) => [name, true])) },
    },
    plugins: { api, ...plugins },
    ...(onSpawn === undefined ? {} : { onSpawn }),
  });
  await untilUp(pm, bootStepMs);
  const request = (method: string, path: string, more: RequestOptions = {}): Promise<Reply> =>
    send({ socket, method, path, ...more });
  return {
    ...pm,
    socket,
    request,
    get: (path, more) => request('GET', path, more),
    post: (path, body, more) => request('POST', path, { ...more, ...(body === undefined ? {} : { body }) }),
    stream: (path, headers = {}) => openStream(socket, path, headers),
    connect: () => openRaw(socket),
  };
}

/** The API opens its socket in real time, while the clock of the supervisor stands still. */
async function untilUp(pm: TestSupervisor, stepMs: number): Promise<void> {
  const end = Date.now() + 5000;
  while (!pm.events.some(({ type }) => type === 'supervisor.running')) {
    if (Date.now() > end || pm.events.some(({ type }) => type === 'supervisor.stopped'))
      throw new Error(`not up within 5 s: ${pm.logs.records.join('\n')}`);
    await pm.turn(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One request, on a connection of its own. */
export function send({
  socket,
  port,
  method,
  path,
  body,
  headers = {},
}: RequestOptions & { socket?: string; method: string; path: string }): Promise<Reply> {
  const payload =
    body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const where = port === undefined ? { socketPath: socket } : { host: '127.0.0.1', port };
  const type =
    payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const request = http.request(
      { ...where, method, path, agent: false, headers: { ...type, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) }),
        );
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function openStream(socketPath: string, path: string, headers: Readonly<Record<string, string>>): Promise<TestStream> {
  const seen: SeenMessage[] = [];
  const waiting = new Set<() => void>();
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path, agent: false, headers }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) if (!part.startsWith(':')) seen.push(toMessage(part));
        for (const look of waiting) look();
      });
      const ended = new Promise<void>((done) => void response.on('close', done));
      onTestFinished(() => void request.destroy());
      resolve({ response, seen, ended, close: () => void request.destroy(), waitFor: (event) => waitFor(event) });
    });
    request.on('error', reject);
  });

  function waitFor(event: string): Promise<SeenMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${event} within 5 s; seen: ${seen.map((one) => one.event).join(', ')}`)),
        5000,
      );
      const look = (): void => {
        const found = seen.find((message) => message.event === event);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  }
}

function toMessage(part: string): SeenMessage {
  const fields = new Map(
    part.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  return { event: fields.get('event') ?? '', id: fields.get('id'), data: parse(fields.get('data') ?? '') };
}

function openRaw(path: string): Promise<RawConnection> {
  let text = '';
  const socket = connect({ path, allowHalfOpen: true });
  socket.on('data', (chunk) => void (text += chunk.toString('latin1')));
  const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('end', () => socket.end());
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => socket.on('connect', () => resolve({ socket, text: () => text, closed })));
}
