import type { Status } from '@pm-supervisor/plugin-api/contract';
import { call, type Line } from './call.ts';
import { TimeoutError } from './errors.ts';
import { readEvents } from './stream/events.ts';
import type { StreamOptions } from './stream/subscription.ts';
import { createLimit } from './transport/limit.ts';

/** How long `until` waits, and how its connection is kept. */
export interface UntilOptions extends StreamOptions {
  /** Milliseconds; then TimeoutError. Default: no limit. */
  readonly limitMs?: number;
}

/**
 * Looks at the status now and after every change, and resolves with the first answer of `find` that is not undefined. No
 * polling; changes that come while it looks are looked at together.
 */
export async function until<T>(
  line: Line,
  find: (status: Status) => T | undefined,
  options: UntilOptions = {},
): Promise<T> {
  const { limitMs = Infinity } = options;
  const limit = createLimit(limitMs, options.signal, () => new TimeoutError(`not within ${limitMs / 1000} s`));
  try {
    return await look(line, find, { ...options, signal: limit.signal });
  } finally {
    limit.release();
  }
}

async function look<T>(
  line: Line,
  find: (status: Status) => T | undefined,
  options: StreamOptions & { readonly signal: AbortSignal },
): Promise<T> {
  let seq = -1;
  for await (const item of readEvents(line.wire, { types: 'instance.*,unit.*,supervisor.*,plan.applied' }, options)) {
    if (item.kind === 'gap' || (item.kind === 'event' && item.event.seq <= seq)) continue;
    const status =
      item.kind === 'snapshot'
        ? item.status
        : await call(line, 'GET /api/v1/status', { query: { usage: false } }, options);
    seq = status.seq;
    const found = find(status);
    if (found !== undefined) return found;
  }
  throw new Error('a stream of events never ends by itself');
}
