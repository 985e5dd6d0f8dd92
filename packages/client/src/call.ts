import type { BodyOf, PathOf, QueryOf, ResponseOf, RouteKey } from './contract.ts';
import { toRequestLine, type RouteValues } from './request-line.ts';
import { readReply } from './transport/reply.ts';
import type { Wire } from './transport/wire.ts';

/** What every call accepts. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. What was asked for may go on. */
  readonly signal?: AbortSignal;
  /** Until the answer is there, milliseconds. Default: that of the client. */
  readonly timeoutMs?: number;
}

/** What a route takes: values of its path and query, and its body. */
export type CallInput<K extends RouteKey> = {
  readonly query?: QueryOf<K>;
} & (keyof PathOf<K> extends never ? { readonly path?: never } : { readonly path: PathOf<K> }) &
  (BodyOf<K> extends undefined ? { readonly body?: never } : { readonly body: BodyOf<K> });

/** A wire with the time limit of its client. */
export interface Line {
  readonly wire: Wire;
  readonly timeoutMs: number;
}

/** Calls one route of the table. Rejects with ApiError for a refusal, and as `Wire` does. */
export async function call<K extends RouteKey>(
  line: Line,
  route: K,
  input: CallInput<K>,
  options: CallOptions = {},
): Promise<ResponseOf<K>> {
  // The table's types hold a caller to its route; what is generic here cannot show it again.
  return (await send(line, route, input as RouteValues, options)) as ResponseOf<K>;
}

/** Calls any route: `route` is its method and path, as in the table. */
export async function send(
  line: Line,
  route: string,
  input: RouteValues & { readonly body?: unknown },
  options: CallOptions = {},
): Promise<unknown> {
  const { signal, timeoutMs = line.timeoutMs } = options;
  const answer = await line.wire.exchange({
    ...toRequestLine(route, input),
    timeoutMs,
    headers: { accept: 'application/json' },
    ...(input.body === undefined ? {} : { body: input.body }),
    ...(signal === undefined ? {} : { signal }),
  });
  return readReply(answer);
}
