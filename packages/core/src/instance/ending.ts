import type { ChildEnd } from '../os/spawner.ts';
import { runHooks } from './hook-run.ts';
import type { InstanceHooks } from './ports.ts';
import type { Ending, Verdict } from './restart-policy.ts';
import type { AttemptScope } from './start.ts';
import type { InstanceView, LastExit } from './view.ts';

/** Exit code of a finish hook that means "do not start it again" (s6's finish scripts). */
const doNotRestart = 125;

export interface EndHooksOptions {
  readonly end: ChildEnd;
  /** The end was asked for. */
  readonly asked: () => boolean;
  /** Told what is being run, for the report of who holds up a stop. */
  readonly onStep: (step: string) => void;
}

/** Runs finish hooks after every end, post_stop hooks after one that was asked for. Returns whether a restart is forbidden. */
export async function runEndHooks(
  { spec, context: base, after }: AttemptScope,
  { end, asked, onStep }: EndHooksOptions,
): Promise<boolean> {
  const { finish, postStop } = spec.hooks;
  const env = { ...base.env, PM_EXIT_CODE: String(end.code ?? ''), PM_EXIT_SIGNAL: end.signal ?? '' };
  const context = { ...base, env, signal: after.signal };
  let forbidden = false;
  if (finish.length > 0) {
    onStep('finish hooks');
    forbidden = (await runHooks(finish, { ...context, answer: doNotRestart })).exitCode === doNotRestart;
  }
  if (asked() && postStop.length > 0) {
    onStep('post_stop hooks');
    await runHooks(postStop, context);
  }
  return forbidden;
}

/** Plugins may overrule what follows an end, but not a stop or restart that was asked for. */
export function askOverride(
  hooks: InstanceHooks,
  ending: Ending,
  proposed: Verdict,
  about: { view: InstanceView; exit: LastExit },
): Verdict {
  if (!ending.wanted || ending.asked) return proposed;
  const override = hooks.restart(about.view, about.exit, proposed);
  if (override === undefined) return proposed;
  const trigger = override.restart ? 'endedRestart' : ending.success ? 'endedDone' : 'endedFailed';
  return { ...proposed, trigger, delayMs: override.delayMs ?? 0, why: override.why };
}

/** Why it is where it is after an end, in words. */
export function toEndReason(what: string, verdict: Verdict): string | undefined {
  if (verdict.trigger === 'endedDone') return undefined;
  if (verdict.trigger === 'endedFailed') return `${what}; ${verdict.why}`;
  return verdict.delayMs === 0
    ? what
    : `${what}; restart ${verdict.failures} in ${(verdict.delayMs / 1000).toFixed(1)} s`;
}
