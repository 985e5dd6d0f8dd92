import type { Clock, PluginScope } from '@pm-supervisor/core';
import type { Visitor } from './entrance.ts';

/** What became of a request. */
export interface Outcome {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Of the problem, if it was one. */
  readonly code: string | undefined;
  readonly visitor: Visitor | undefined;
  /** Where it came from, for when it was not let in. */
  readonly peer: string;
}

export type Audit = (outcome: Outcome) => void;

/** Who is not let in. */
const denials: ReadonlySet<string> = new Set(['PM_API_UNAUTHENTICATED', 'PM_API_FORBIDDEN', 'PM_API_RATE_LIMITED']);

/** A flood of refused requests must not drive everything else out of the log and of the events that are kept. */
const denialRate = { burst: 20, perSecond: 1 };

/**
 * Writes every change, and everybody who was not let in, into the log; the latter also as an event (what the supervisor
 * was asked for is an event already: `command.accepted` and `command.refused` say who and from where).
 */
export function createAudit(
  { logger, emit }: Pick<PluginScope, 'logger' | 'emit'>,
  { clock, writes }: { clock: Clock; writes: boolean },
): Audit {
  let tokens = denialRate.burst;
  let filledAt = clock.monotonic();
  let suppressed = 0;
  const mayTell = (): boolean => {
    const now = clock.monotonic();
    tokens = Math.min(denialRate.burst, tokens + ((now - filledAt) * denialRate.perSecond) / 1000);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };

  return (outcome) => {
    const { method, path, status, code, visitor, peer } = outcome;
    const isDenial = code !== undefined && denials.has(code);
    if (!isDenial && (method === 'GET' || method === 'HEAD')) return;
    const who = visitor?.caller === undefined ? 'somebody' : `api:${visitor.caller.name}`;
    const text = `${method} ${shorten(path)} by ${who} from ${visitor?.from ?? peer}: ${status}`;
    if (!isDenial) return writes ? logger.info(`audit: ${text}`) : undefined;
    if (!mayTell()) return void (suppressed += 1);
    const caller = visitor?.caller === undefined ? {} : { caller: `api:${visitor.caller.name}` };
    emit('api.denied', { from: visitor?.from ?? peer, ...caller, method, path: shorten(path), code, suppressed });
    if (writes) logger.warn(`audit: ${text} ${code}${suppressed === 0 ? '' : ` (and ${suppressed} more)`}`);
    suppressed = 0;
  };
}

/** A path can be 16 KiB of anything. */
function shorten(path: string): string {
  const printable = path.replaceAll(/[^\x21-\x7e]/g, '?');
  return printable.length > 200 ? `${printable.slice(0, 200)}…` : printable;
}
