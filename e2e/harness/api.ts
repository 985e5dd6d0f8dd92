import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Folder } from './folder.ts';

/** One answer of the API. */
export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  // Tests look into bodies of every shape.
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface ApiRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  // eslint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

export interface ApiStream {
  readonly seen: readonly StreamMessage[];
  /** The first message, past or coming, that fits; rejects after 15 s. */
  waitFor(what: string, fits: (message: StreamMessage) => boolean): Promise<StreamMessage>;
  readonly ended: Promise<void>;
  close(): void;
}

/** The API of a running pm, as any program reaches it. */
export interface Api {
  request(method: string, path: string, options?: ApiRequest): Promise<Reply>;
  get(path: string, options?: ApiRequest): Promise<Reply>;
  post(path: string, body?: unknown, options?: ApiRequest): Promise<Reply>;
  stream(path: string): Promise<ApiStream>;
  /** A connection to write anything to; half-open. */
  connect(): Promise<Socket>;
}

/** Over the control socket, which is where `startPm` puts the runtime directory. */
export function useSocket({ path }: Pick<Folder, 'path'>, socketPath = `${path}/.run/pm.sock`): Api {
  return createApi({ socketPath });
}

export function usePort(port: number, token?: string): Api {
  return createApi({
    host: '127.0.0.1',
    port,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
}

function createApi(where: http.RequestOptions): Api {
  const request: Api['request'] = (method, path, options = {}) => send(where, { method, path, ...options });
  return {
    request,
    get: (path, options) => request('GET', path, options),
    post: (path, body, options) => request('POST', path, { ...options, ...(body === undefined ? {} : { body }) }),
    stream: (path) => openStream({ ...where, path }),
    connect: () => openSocket(where),
  };
}

function send(
  where: http.RequestOptions,
  { method, path, body, headers = {} }: ApiRequest & { method: string; path: string },
): Promise<Reply> {
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type =
    payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const all = { ...type, ...(where.headers as object), ...headers };
    const request = http.request({ ...where, method, path, agent: false, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) }),
      );
      response.on('error', reject);
    });
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

function openStream(options: http.RequestOptions): Promise<ApiStream> {
  const seen: StreamMessage[] = [];
  let wake = (): void => undefined;
  return new Promise((resolve, reject) => {
    const request = http.get({ ...options, agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) if (!part.startsWith(':')) seen.push(toMessage(part));
        wake();
      });
      const ended = new Promise<void>((done) => void response.on('close', done));
      response.on('error', () => undefined);
      resolve({ seen, ended, close: () => void request.destroy(), waitFor });
    });
    request.on('error', reject);
  });

  async function waitFor(what: string, fits: (message: StreamMessage) => boolean): Promise<StreamMessage> {
    const end = Date.now() + 15_000;
    for (;;) {
      const found = seen.find(fits);
      if (found !== undefined) return found;
      if (Date.now() > end)
        throw new Error(`not within 15 s: ${what}; seen: ${seen.map(({ event }) => event).join(', ')}`);
      await Promise.race([new Promise<void>((next) => void (wake = next)), sleep(100)]);
    }
  }
}

function toMessage(part: string): StreamMessage {
  const fields = new Map(
    part.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  return { event: fields.get('event') ?? '', id: fields.get('id'), data: parse(fields.get('data') ?? '') };
}

function openSocket({ socketPath, host, port }: http.RequestOptions): Promise<Socket> {
  const options = socketPath
    ? { path: socketPath, allowHalfOpen: true }
    : { host: host ?? '127.0.0.1', port: Number(port), allowHalfOpen: true };
  const socket = connect(options);
  socket.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
