import type { Clock } from '../os/clock.ts';
import { PluginError } from '../errors.ts';
import type { LogRecord } from '../log/record.ts';
import { answerChecks } from './answers.ts';
import { runAsPlugin } from './attribution.ts';
import { type Call, timeIsOver } from './call.ts';
import type { Failures } from './failures.ts';
import type { HookName } from './hooks.ts';
import { isHeard, type TapOwner } from './owner.ts';
import type { HookInfo } from './table.ts';

/**
 * The only place that stands between core and the code of plugins. It closes what tapable 2.3 leaves open:
 * - an async function given to `tap` is never awaited and its rejection ends Node: on awaited hooks every tap is
 *   registered again as a promise, on the others a returned promise is watched;
 * - a throw stops the taps after it: isolated taps never throw;
 * - a tap that never settles hangs the hook: each firing has a time limit;
 * - errors carry no name: each is stamped with plugin and hook.
 * (A misspelt `before` and taps that cannot be taken back are closed in `registry.ts`.)
 */
export interface GuardedHook {
  readonly name: HookName;
  readonly info: HookInfo;
  readonly failures: Failures;
  readonly clock: Clock;
}

/** A tap as the plugin registered it. */
export interface TapRecord {
  readonly owner: TapOwner;
  readonly tap: (...args: unknown[]) => unknown;
  readonly stage: number;
  readonly before: readonly string[];
  readonly critical: boolean;
}

/** Longer than this in one go stalls every timer and signal of the supervisor: reported, though it cannot be stopped. */
export const stallLimitMs = 250;

/** The tap of a hook that core does not wait for. Throws only where the hook is strict. */
export function guardSync(record: TapRecord, hook: GuardedHook): (...args: unknown[]) => unknown {
  const { owner, critical } = record;
  const run = hook.name === 'log.line' ? record.tap : watchStalls(record, hook);
  return (...args) => {
    if (!isHeard(owner, hook.info, critical)) return undefined;
    try {
      return acceptAnswer(run(...args), args[0], record, hook);
    } catch (cause) {
      const error = hook.failures.add(owner, hook.name, cause);
      if (hook.info.policy === 'strict') throw error;
      return critical ? withhold(args[0] as LogRecord, owner) : undefined;
    }
  };
}

/** The tap of a hook that core waits for; its last argument is the call. Rejects only where the hook is strict. */
export function guardAwaited(record: TapRecord, hook: GuardedHook): (...args: unknown[]) => Promise<unknown> {
  const { owner, critical } = record;
  const run = watchStalls(record, hook);
  return async (...all) => {
    const call = all.at(-1) as Call;
    const args = all.slice(0, -1);
    if (!isHeard(owner, hook.info, critical) || call.only?.has(owner) === false) return undefined;
    try {
      const answer = acceptAnswer(await awaitTap(() => run(...args, call.turn()), call), args[0], record, hook);
      if (answer !== undefined) call.answers.push({ plugin: owner.plugin, answer });
      return answer;
    } catch (cause) {
      return onAwaitedFailure(cause, call, record, hook);
    }
  };
}

/**
 * Where the time of a firing is over, the taps that had no turn yet are still called, so that one that hangs does
 * not rob the others of it; but nobody waits for them.
 */
async function awaitTap(start: () => unknown, call: Call): Promise<unknown> {
  const running = Promise.resolve(start());
  running.catch(() => undefined);
  return call.race(running);
}

function onAwaitedFailure(cause: unknown, call: Call, { owner }: TapRecord, hook: GuardedHook): undefined {
  // The supervisor stopped waiting (a second signal): nobody's fault.
  if (cause !== timeIsOver && call.signal.aborted && cause === call.signal.reason) {
    if (hook.info.policy === 'strict') throw cause;
    return undefined;
  }
  const error = hook.failures.add(owner, hook.name, cause === timeIsOver ? toTimeLimitError(owner, hook, call) : cause);
  if (hook.info.policy === 'strict') throw error;
  return undefined;
}

function toTimeLimitError({ plugin }: TapOwner, { name }: GuardedHook, { limitMs }: Call): PluginError {
  return new PluginError(
    'PM_PLUGIN_FAILED',
    `plugin "${plugin}" did not finish ${name} within ${limitMs / 1000} s`,
    { plugin, hook: name },
    {
      hint: 'Give up when the signal of the last argument aborts.',
    },
  );
}

function acceptAnswer(answer: unknown, given: unknown, record: TapRecord, hook: GuardedHook): unknown {
  const check = answerChecks[hook.name];
  if (check === undefined) return watchPromise(answer, record, hook);
  if (answer === undefined || answer === given) return undefined;
  if (isPromise(answer)) {
    answer.then(undefined, () => undefined);
    throw new TypeError('it returned a promise, but nobody waits in this hook: answer at once');
  }
  return check(answer, given);
}

/** A fact's answer has no meaning, but its promise may reject, which would end the supervisor. */
function watchPromise(answer: unknown, { owner }: TapRecord, { name, failures }: GuardedHook): undefined {
  if (isPromise(answer)) answer.then(undefined, (cause: unknown) => void failures.add(owner, name, cause));
  return undefined;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Runs the plugin's code under its name, and reports it when it held the event loop. */
function watchStalls(
  { owner, tap }: TapRecord,
  { name, failures, clock }: GuardedHook,
): (...args: unknown[]) => unknown {
  return (...args) => {
    const startedAt = clock.monotonic();
    const answer = runAsPlugin(owner.plugin, () => tap(...args));
    const tookMs = Math.round(clock.monotonic() - startedAt);
    if (tookMs > stallLimitMs)
      failures.add(owner, name, new Error(`it held the supervisor up for ${tookMs} ms; wait without blocking`));
    return answer;
  };
}

/** What a redaction that failed lets through: who and when, never the text. */
function withhold(record: LogRecord, { plugin }: TapOwner): LogRecord {
  const { fields: _, ...rest } = record;
  return Object.freeze({ ...rest, text: `[withheld: plugin "${plugin}" failed in log.line]` });
}
