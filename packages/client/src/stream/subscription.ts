import { ApiError, DisconnectedError, TimeoutError, UnreachableError } from '../errors.ts';
import { toProblem } from '../problem.ts';
import { createLimit, type Limit } from '../transport/limit.ts';
import { pause } from '../transport/runtime.ts';
import type { OpenAnswer, Wire } from '../transport/wire.ts';
import { expectStream } from '../transport/reply.ts';
import { readAwake } from './awake.ts';
import { readMessages, type StreamMessage } from './messages.ts';
import { toEndError } from './payload.ts';

/** How a lost stream is taken up again. Delays are milliseconds. */
export interface ReconnectOptions {
  /** Before the first try, default 200; doubled for each that follows. */
  readonly initialMs?: number;
  /** Default 10,000. */
  readonly maxMs?: number;
  /** Tries in a row before the loss is thrown. Default: no limit. */
  readonly attempts?: number;
  /** Which losses are worth it; the others are thrown. Default: all. */
  readonly when?: (error: Error) => boolean;
}

/** What happens to the connection below a stream. */
export type ConnectionState =
  | { readonly state: 'connected' }
  | { readonly state: 'lost'; readonly error: Error; readonly attempt: number; readonly retryInMs: number };

/** What every stream accepts. */
export interface StreamOptions {
  /** Ends the stream; the iterator then throws the signal's reason. Leaving the loop ends it too, without an error. */
  readonly signal?: AbortSignal;
  /** `false`: a lost connection is thrown. Default: taken up again where it was lost, with growing delays. */
  readonly reconnect?: ReconnectOptions | false;
  /** Told when the connection stands, is lost, and stands again. */
  readonly onConnection?: (state: ConnectionState) => void;
  /** Without a byte for so long, heartbeats included, the connection counts as lost. Milliseconds, default 45,000. */
  readonly idleMs?: number;
}

/** One stream: how it is asked for, given the last id that was seen. */
export type ToStreamRequest = (lastId: string | undefined) => {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Until the head of a stream is there. */
const headMs = 30_000;

/**
 * Messages of a stream, over as many connections as it takes. The first connection must stand: what keeps it from that
 * is thrown. Later a refusal (4xx) is thrown, a loss is repaired.
 */
export async function* subscribe(
  wire: Wire,
  toRequest: ToStreamRequest,
  options: StreamOptions = {},
): AsyncGenerator<StreamMessage> {
  const { signal = new AbortController().signal, reconnect = {}, onConnection } = options;
  let lastId: string | undefined;
  let attempt = 0;
  let stood = false;
  for (;;) {
    const limit = createLimit(
      headMs,
      signal,
      () => new TimeoutError(`the stream did not begin within ${headMs / 1000} s`),
    );
    try {
      const answer = await open(wire, toRequest(lastId), limit);
      onConnection?.({ state: 'connected' });
      stood = true;
      for await (const message of readMessages(readAwake(answer, limit, options.idleMs))) {
        if (message.event === 'end') throw toEndError(message);
        attempt = 0;
        lastId = message.id ?? lastId;
        yield message;
      }
      throw new DisconnectedError('the stream ended');
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      attempt += 1;
      if (!stood || reconnect === false || !isLoss(error) || attempt > (reconnect.attempts ?? Infinity)) throw error;
      if (reconnect.when?.(error) === false) throw error;
      const retryInMs = toDelay(attempt, reconnect);
      onConnection?.({ state: 'lost', error, attempt, retryInMs });
      await pause(retryInMs, signal);
    } finally {
      limit.release();
    }
  }
}

async function open(wire: Wire, request: ReturnType<ToStreamRequest>, { signal }: Limit): Promise<OpenAnswer> {
  const { path, headers = {} } = request;
  const answer = await wire.open({ method: 'GET', path, headers: { ...headers, accept: 'text/event-stream' }, signal });
  if (answer.status >= 400) throw new ApiError(toProblem(answer.status, answer.statusText, await answer.readAll()));
  return expectStream(answer);
}

/** Whether it may work again later: nobody there, nobody answering, too much at once. */
export function isLoss(error: unknown): error is Error {
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500;
  return error instanceof DisconnectedError || error instanceof UnreachableError || error instanceof TimeoutError;
}

/** Doubled each time, and cut by up to half at random: a thousand clients do not come back in the same millisecond. */
function toDelay(attempt: number, { initialMs = 200, maxMs = 10_000 }: ReconnectOptions): number {
  const full = Math.min(maxMs, initialMs * 2 ** (attempt - 1));
  return Math.round(full * (1 - Math.random() / 2));
}
