import type { LogLine, ResponseOf, RouteKey, Status } from './contract.ts';
import { call, send, type CallInput, type CallOptions, type Line } from './call.ts';
import { createCommands, type Commands } from './commands.ts';
import { toEndpoint, type EndpointOptions } from './endpoint.ts';
import { createQuestions, type Questions } from './questions.ts';
import type { Value } from './request-line.ts';
import { readEvents, type EventItem, type EventQuery } from './stream/events.ts';
import { readLogs, type LogQuery } from './stream/logs.ts';
import type { StreamOptions } from './stream/subscription.ts';
import { createWire, type TlsOptions } from './transport/wire.ts';
import { until, watch, type UntilOptions, type WatchOptions } from './watch.ts';

/** Where the API is and how to talk to it. */
export interface ClientOptions extends EndpointOptions {
  /** For TCP; on the socket its permissions decide. */
  readonly token?: string | undefined;
  readonly tls?: TlsOptions;
  /** How long an answer may take, milliseconds; what a command waits for comes on top. Default 30,000. */
  readonly timeoutMs?: number;
}

/** What goes on until it is left. */
export interface Streams {
  /** Output as it is written, after the kept lines that `tail` or `since` ask for. */
  followLogs(query?: LogQuery, options?: StreamOptions): AsyncGenerator<LogLine>;
  /** What happens, from a snapshot (or from after `since`) on. */
  events(query?: EventQuery, options?: StreamOptions): AsyncGenerator<EventItem>;
  /** The status now and after every change. */
  watch(options?: WatchOptions): AsyncGenerator<Status>;
  /** Resolves with the first answer of `find` that is not undefined, looking now and after every change. */
  until<T>(find: (status: Status) => T | undefined, options?: UntilOptions): Promise<T>;
}

/** What a route that is not in the table takes. */
export interface RequestInput {
  readonly query?: Readonly<Record<string, Value>>;
  readonly body?: unknown;
}

/**
 * The API of one supervisor. Methods reject with `ApiError` when the answer is no, with `UnreachableError`,
 * `TimeoutError` or `DisconnectedError` when there is none, or with the reason of a signal that aborts.
 */
export interface Client extends Questions, Commands, Streams {
  /** Any route of the table, typed by it: `client.call('GET /api/v1/whoami', {})`. */
  call<K extends RouteKey>(route: K, input: CallInput<K>, options?: CallOptions): Promise<ResponseOf<K>>;
  /** Any other route, of a plugin: `client.request('GET /api/v1/heartbeat', { query: { last: true } })`. */
  request(route: string, input?: RequestInput, options?: CallOptions): Promise<unknown>;
  /** Closes idle connections; what is under way goes on, and the client can still be used. */
  close(): void;
}

/**
 * A client of the supervisor at a socket or URL. It connects when it is first asked, and again when it has to.
 *
 * ```ts
 * const pm = createClient({ socket: process.env.PM_SOCKET });
 * const { changed } = await pm.put('vpn-eu', { command: ['openvpn', 'eu.conf'], labels: { owner: 'router' } });
 * for await (const { time, msg } of pm.followLogs({ name: 'vpn-eu' })) console.log(time, msg);
 * ```
 *
 * Throws ClientError where the options do not say where the API is.
 */
export function createClient(options: ClientOptions): Client {
  const { token, tls, timeoutMs = 30_000 } = options;
  const wire = createWire({
    endpoint: toEndpoint(options),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  });
  const line: Line = { wire, timeoutMs };
  return {
    ...createQuestions(line),
    ...createCommands(line),
    followLogs: (query = {}, more) => readLogs(wire, query, more),
    events: (query = {}, more) => readEvents(wire, query, more),
    watch: (more) => watch(line, more),
    until: (find, more) => until(line, find, more),
    call: (route, input, more) => call(line, route, input, more),
    request: (route, input = {}, more) => send(line, route, input, more),
    close: () => wire.close(),
  };
}
