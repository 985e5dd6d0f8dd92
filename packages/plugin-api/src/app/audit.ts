import type { Clock, PluginScope } from '@pm-supervisor/core';
import { createRateLimit } from '../access/rate-limit.ts';
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
const denialCodes: ReadonlySet<string> = new Set(['PM_API_UNAUTHENTICATED', 'PM_API_FORBIDDEN', 'PM_API_RATE_LIMITED']);

/** A flood of refused requests must not drive everything else out of the log and of the events that are kept. */
const denialRate = { burst: 20, perSecond: 1 };

/** Fewer records than a plugin may write (1,000 at once, 100 a second), so that pm never counts them as a failure. */
const changeRate = { burst: 800, perSecond: 80 };

type AuditScope = Pick<PluginScope, 'logger' | 'emit'>;

/**
 * Writes every change, and everybody who was not let in, into the log; the latter also as an event (what the supervisor
 * was asked for is an event already: `command.accepted` and `command.refused` say who and from where).
 */
export function createAudit(scope: AuditScope, { clock, writes }: { clock: Clock; writes: boolean }): Audit {
  const denials = createGate(clock, denialRate);
  const changes = createGate(clock, changeRate);
  return (outcome) => {
    if (isDenial(outcome)) return tellDenial(scope, outcome, { suppressed: denials(), writes });
    if (!writes || outcome.method === 'GET' || outcome.method === 'HEAD') return undefined;
    const suppressed = changes();
    if (suppressed !== undefined) scope.logger.info(`audit: ${describe(outcome)}${toMore(suppressed)}`);
  };
}

function isDenial({ code }: Outcome): boolean {
  return code !== undefined && denialCodes.has(code);
}

interface Telling {
  /** Those before it that were not told; undefined: nor is this one. */
  readonly suppressed: number | undefined;
  readonly writes: boolean;
}

function tellDenial({ logger, emit }: AuditScope, outcome: Outcome, { suppressed, writes }: Telling): void {
  if (suppressed === undefined) return;
  const { method, path, visitor, peer, code = '' } = outcome;
  const caller = visitor?.caller === undefined ? {} : { caller: `api:${visitor.caller.name}` };
  emit('api.denied', { from: visitor?.from ?? peer, ...caller, method, path: shorten(path), code, suppressed });
  if (writes) logger.warn(`audit: ${describe(outcome)} ${code}${toMore(suppressed)}`);
}

function describe({ method, path, status, visitor, peer }: Outcome): string {
  const who = visitor?.caller === undefined ? 'somebody' : `api:${visitor.caller.name}`;
  return `${method} ${shorten(path)} by ${who} from ${visitor?.from ?? peer}: ${status}`;
}

function toMore(suppressed: number): string {
  return suppressed === 0 ? '' : ` (and ${suppressed} more before)`;
}

/** A path can be 16 KiB of anything. */
function shorten(path: string): string {
  const printable = path.replaceAll(/[^\x21-\x7e]/g, '?');
  return printable.length > 200 ? `${printable.slice(0, 200)}…` : printable;
}

/** How many were held back since the last that passed; undefined: this one is held back too. */
function createGate(
  clock: Clock,
  { burst, perSecond }: { burst: number; perSecond: number },
): () => number | undefined {
  const passes = createRateLimit({ burst, perSecond });
  let held = 0;
  return () => {
    if (passes('', clock.monotonic()) !== undefined) return void (held += 1);
    const before = held;
    held = 0;
    return before;
  };
}
