import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { showEndpoint, type Endpoint } from '../endpoint.ts';
import { ClientError, DisconnectedError, ProtocolError, TimeoutError } from '../errors.ts';
import { toFailure } from './failure.ts';
import { createLimit } from './limit.ts';
import { getHttp, getHttps, getTls } from './runtime.ts';

/** What TLS needs beside the URL; see `tls.connect` of Node. */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

export interface WireOptions {
  readonly endpoint: Endpoint;
  readonly token?: string;
  readonly tls?: TlsOptions;
}

export interface WireRequest {
  readonly method: string;
  /** From `/` on, with the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Until the whole answer is there. */
  readonly timeoutMs: number;
}

/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
}

/** An answer as a whole. */
export interface Answer extends Head {
  readonly text: string;
}

/** An answer whose body is still coming. */
export interface OpenAnswer extends Head {
  /** Ends with DisconnectedError when the connection breaks, with the signal's reason when it aborts. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Reads what is left, for errors. */
  readAll(): Promise<string>;
  /** Drops the connection. Idempotent. */
  close(): void;
}

/** HTTP exchanges with one endpoint. Rejects with errors of `errors.ts`, or with the reason of a signal that aborts. */
export interface Wire {
  exchange(request: WireRequest): Promise<Answer>;
  /** `timeoutMs` of the request does not count here: `signal` is the limit. */
  open(request: Omit<WireRequest, 'timeoutMs'>): Promise<OpenAnswer>;
  /** Closes idle connections. The wire can still be used. */
  close(): void;
}

/** An answer beyond this is not one of pm's: 1,000 processes are 1 MB. */
const longestAnswer = 256 * 1024 * 1024;

/** Throws ClientError where what TLS was given cannot be used. */
export function createWire(options: WireOptions): Wire {
  refuseUselessTls(options);
  const pool = createPool(options);
  const { endpoint } = options;
  return {
    async exchange(request) {
      const limit = createLimit(request.timeoutMs, request.signal, () => toTimeout(request, endpoint));
      try {
        const answer = await openAnswer(
          toOptions(request, options, pool),
          { ...request, signal: limit.signal },
          endpoint,
        );
        return {
          status: answer.status,
          statusText: answer.statusText,
          headers: answer.headers,
          text: await answer.readAll(),
        };
      } finally {
        limit.release();
      }
    },
    open: (request) => openAnswer(toOptions(request, options, undefined), request, endpoint),
    close: () => pool.destroy(),
  };
}

/** Node would throw in the middle of the first request. */
function refuseUselessTls({ endpoint, tls }: WireOptions): void {
  if (tls === undefined || endpoint.kind !== 'tcp' || !endpoint.secure) return;
  try {
    getTls().createSecureContext(tls);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(`the certificate, its key or the authority for TLS cannot be used: ${reason}`, {
      hint: 'They are PEM, and the key is that of the certificate.',
      cause,
    });
  }
}

/** Questions share connections. A command has one of its own: on a reused one it could not be told whether it was heard. */
function createPool({ endpoint }: WireOptions): Agent {
  const settings = { keepAlive: true, maxSockets: 16, maxFreeSockets: 2 };
  return endpoint.kind === 'tcp' && endpoint.secure
    ? new (getHttps().Agent)(settings)
    : new (getHttp().Agent)(settings);
}

function toOptions(request: Sent, { endpoint, token, tls }: WireOptions, pool: Agent | undefined): RequestOptions {
  const { method, path, body, headers = {} } = request;
  const agent = pool !== undefined && method === 'GET' ? pool : false;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const shared = { method, agent, headers: { 'user-agent': 'pm-client', ...type, ...headers, ...authorization } };
  if (endpoint.kind === 'socket') return { ...shared, path, socketPath: endpoint.path, host: 'localhost' };
  return {
    ...shared,
    ...(endpoint.secure ? tls : {}),
    path: endpoint.prefix + path,
    host: endpoint.host,
    port: endpoint.port,
  };
}

function toTimeout({ method, path, timeoutMs }: WireRequest, endpoint: Endpoint): TimeoutError {
  const what = `${method} ${path.split('?')[0]}`;
  return new TimeoutError(`no answer from ${showEndpoint(endpoint)} within ${timeoutMs / 1000} s (${what})`, {
    hint: 'What was asked for may go on; ask for the status.',
  });
}

type Sent = Omit<WireRequest, 'timeoutMs'>;

/** A pooled connection may be closed by the other side at the moment it is taken: asking once more is right for a question. */
async function openAnswer(options: RequestOptions, sent: Sent, endpoint: Endpoint): Promise<OpenAnswer> {
  const first = await send(options, sent, endpoint);
  return first === 'stale' ? expectAnswer(await send({ ...options, agent: false }, sent, endpoint)) : first;
}

function expectAnswer(answer: OpenAnswer | 'stale'): OpenAnswer {
  if (answer === 'stale') throw new ProtocolError('a new connection claims to be a reused one');
  return answer;
}

function send(options: RequestOptions, { body, signal }: Sent, endpoint: Endpoint): Promise<OpenAnswer | 'stale'> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const { request: start } = endpoint.kind === 'tcp' && endpoint.secure ? getHttps() : getHttp();
    const request = start(options);
    const abort = (): void => void request.destroy();
    const connection = watchConnection(request, endpoint);
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));
    request.once('response', (response) => resolve(toOpenAnswer(response, signal, endpoint)));
    // Stays for the life of the request: an error that comes after the answer has nobody else to hear it.
    request.on('error', (error) => {
      if (signal?.aborted) return reject(signal.reason);
      if (request.reusedSocket && isReset(error)) return resolve('stale');
      reject(toFailure(error, endpoint, connection.isUp()));
    });
    // Whole, so that Node knows its length.
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** With TLS a connection is one only when both sides have agreed. */
function watchConnection(request: ClientRequest, endpoint: Endpoint): { isUp(): boolean } {
  let up = false;
  const event = endpoint.kind === 'tcp' && endpoint.secure ? 'secureConnect' : 'connect';
  request.once('socket', (socket) => {
    if (request.reusedSocket) up = true;
    else socket.once(event, () => (up = true));
  });
  return { isUp: () => up };
}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function toOpenAnswer(response: IncomingMessage, signal: AbortSignal | undefined, endpoint: Endpoint): OpenAnswer {
  const { statusCode = 0, statusMessage = '', headers } = response;
  const chunks = readChunks(response, signal, endpoint);
  return {
    status: statusCode,
    statusText: statusMessage,
    headers,
    chunks,
    readAll: () => collect(chunks),
    close: () => void response.destroy(),
  };
}

async function* readChunks(
  response: IncomingMessage,
  signal: AbortSignal | undefined,
  endpoint: Endpoint,
): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new DisconnectedError(`the connection to ${showEndpoint(endpoint)} broke in the middle of an answer`, {
      cause: error,
    });
  }
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > longestAnswer) throw new ProtocolError(`the answer is longer than ${longestAnswer} bytes`);
    kept.push(chunk);
  }
  return Buffer.concat(kept).toString('utf8');
}
