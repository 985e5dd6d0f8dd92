import type { ProcessType, RestartSpec } from '../plan/spec.ts';
import { toBackoffDelay } from './backoff.ts';

/** A clean exit under `always` is normal life only after this long; sooner it is a crash loop in disguise. */
export const minimumCleanRunMs = 1000;

/** What is known when an instance has ended, or could not be spawned. */
export interface Ending {
  /** false where it failed to spawn, was not ready in time, or ended with a code that is no success. */
  readonly success: boolean;
  /** How long it ran; 0 where it never did. */
  readonly ranMs: number;
  /** Consecutive failures before this one. */
  readonly failures: number;
  /** It was asked to end (stop or restart) and this is the answer. */
  readonly asked: boolean;
  /** The unit still wants this slot up. */
  readonly wanted: boolean;
  /** A finish hook exited 125: do not start it again. */
  readonly forbidden: boolean;
}

/** What follows an end. `failures` is the new count; `delayMs` has a meaning for `endedRestart` only. */
export interface Verdict {
  readonly trigger: 'endedRestart' | 'endedDone' | 'endedFailed';
  readonly delayMs: number;
  readonly failures: number;
  /** Why, in words. */
  readonly why: string;
}

/** Decides what follows an end. Pure; `random` is a number from 0 up to 1 for the jitter. */
export function decideEnding(type: ProcessType, restart: RestartSpec, ending: Ending, random: number): Verdict {
  if (!ending.wanted) return { trigger: 'endedDone', delayMs: 0, failures: 0, why: 'stopped on request' };
  if (ending.asked && ending.success) {
    return { trigger: 'endedRestart', delayMs: 0, failures: ending.failures, why: 'restart on request' };
  }
  if (ending.forbidden) return toFinal(ending, 'a finish hook exited 125: no restart');
  return ending.success ? decideSuccess(type, restart, ending, random) : decideFailure(type, restart, ending, random);
}

function decideSuccess(type: ProcessType, restart: RestartSpec, ending: Ending, random: number): Verdict {
  if (type === 'oneshot') return toFinal(ending, 'completed');
  if (restart.policy !== 'always') return toFinal(ending, `restart policy ${restart.policy}`);
  if (ending.ranMs >= minimumCleanRunMs) {
    return { trigger: 'endedRestart', delayMs: 0, failures: 0, why: 'clean exit' };
  }
  return retry(restart, ending, random, `clean exit, but after ${ending.ranMs} ms`);
}

function decideFailure(type: ProcessType, restart: RestartSpec, ending: Ending, random: number): Verdict {
  const never = type === 'oneshot' ? restart.policy !== 'on-failure' : restart.policy === 'never';
  if (never) return toFinal(ending, type === 'oneshot' ? 'a oneshot is not restarted' : 'restart policy never');
  return retry(restart, ending, random, 'failed');
}

function retry(restart: RestartSpec, ending: Ending, random: number, why: string): Verdict {
  const before = ending.ranMs >= restart.stabilityWindowMs ? 0 : ending.failures;
  const failures = before + 1;
  if (restart.maxAttempts !== -1 && failures > restart.maxAttempts) {
    const about = why === 'failed' ? '' : `${why}; `;
    return { trigger: 'endedFailed', delayMs: 0, failures, why: `${about}${toGivenUp(restart.maxAttempts)}` };
  }
  return { trigger: 'endedRestart', delayMs: toBackoffDelay(restart.backoff, before, random), failures, why };
}

function toGivenUp(maxAttempts: number): string {
  if (maxAttempts === 0) return 'no restarts allowed';
  return `gave up after ${maxAttempts} ${maxAttempts === 1 ? 'restart' : 'restarts'}`;
}

function toFinal(ending: Ending, why: string): Verdict {
  const trigger = ending.success ? 'endedDone' : 'endedFailed';
  return { trigger, delayMs: 0, failures: ending.success ? 0 : ending.failures + 1, why };
}
