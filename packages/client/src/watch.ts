import type { Status } from './contract.ts';
import { call, type Line } from './call.ts';
import { TimeoutError } from './errors.ts';
import { readEvents, type EventItem } from './stream/events.ts';
import { isLoss, type StreamOptions } from './stream/subscription.ts';
import { createLimit } from './transport/limit.ts';
import { pause } from './transport/runtime.ts';

/** How often `watch` looks. */
export interface WatchOptions extends StreamOptions {
  /** false: CPU, memory, threads and files are not measured, which is most of the work. Default true. */
  readonly usage?: boolean;
  /** At least so long between two looks, however much happens. Milliseconds, default 0. */
  readonly calmMs?: number;
  /** Look after so long without an event too: for times and usage. Milliseconds; default never. */
  readonly refreshMs?: number;
}

/** How long `until` waits, and how its connection is kept. */
export interface UntilOptions extends StreamOptions {
  /** Milliseconds; then TimeoutError. Default: no limit. */
  readonly limitMs?: number;
}

/** What a status can change with. */
const types = 'instance.*,unit.*,supervisor.*,plan.applied';

/** The status now and after every change; what changes while nobody asks for the next is looked at together. */
export async function* watch(line: Line, options: WatchOptions = {}): AsyncGenerator<Status> {
  const { usage = true, calmMs = 0, refreshMs = Infinity } = options;
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  const items = readEvents(line.wire, { types }, { ...options, signal });
  let seq = -1;
  try {
    for await (const item of withBreaks(items, refreshMs)) {
      if (item !== 'quiet' && isOld(item, seq)) continue;
      // A snapshot of the stream comes without usage.
      const known = item !== 'quiet' && item.kind === 'snapshot' && !usage ? item.status : undefined;
      const status = known ?? (await look(line, usage, { ...options, signal }));
      if (status === undefined) continue;
      seq = status.seq;
      yield status;
      if (calmMs > 0) await pause(calmMs, signal);
    }
  } finally {
    // It may be in the middle of waiting for the next event.
    left.abort();
    await items.return(undefined);
  }
}

/** undefined: the connection is lost, which the stream of events will notice and repair; then it brings a snapshot. */
async function look(
  line: Line,
  usage: boolean,
  { signal, reconnect }: WatchOptions & { readonly signal: AbortSignal },
): Promise<Status | undefined> {
  try {
    return await call(line, 'GET /api/v1/status', { query: { usage } }, { signal });
  } catch (error) {
    if (reconnect === false || signal.aborted || !isLoss(error)) throw error;
    return undefined;
  }
}

/** A gap is followed by a snapshot. */
function isOld(item: EventItem, seq: number): boolean {
  return item.kind === 'gap' || (item.kind === 'event' && item.event.seq <= seq);
}

/** The items, and `quiet` whenever none came for so long. */
async function* withBreaks<T>(items: AsyncGenerator<T>, breakMs: number): AsyncGenerator<T | 'quiet'> {
  let next = items.next();
  for (;;) {
    const over = new AbortController();
    const quiet = breakMs === Infinity ? [] : [pause(breakMs, over.signal).then(() => 'quiet' as const)];
    const first = await Promise.race([next, ...quiet]);
    over.abort();
    if (first === 'quiet') {
      yield first;
      continue;
    }
    if (first.done === true) return;
    yield first.value;
    next = items.next();
  }
}

/** Looks at the status now and after every change, and resolves with the first answer of `find` that is not undefined. */
export async function until<T>(
  line: Line,
  find: (status: Status) => T | undefined,
  options: UntilOptions = {},
): Promise<T> {
  const { limitMs = Infinity } = options;
  const limit = createLimit(limitMs, options.signal, () => new TimeoutError(`not within ${limitMs / 1000} s`));
  try {
    for await (const status of watch(line, { ...options, usage: false, signal: limit.signal })) {
      const found = find(status);
      if (found !== undefined) return found;
    }
    throw new Error('a stream of events never ends by itself');
  } finally {
    limit.release();
  }
}
