import type { RestartPolicy } from '../../plan/spec.ts';
import type { BackoffDraft } from '../draft.ts';
import { isMap } from '../layer.ts';
import { decimal, duration, integer, oneOf } from './leaf.ts';
import type { Schema } from './leaf.ts';
import type { Entries } from './leaf.ts';
import { choiceOf, mapOf, refine } from './structure.ts';

/** `unless-stopped` is what others call `always`: a stop by command lasts until a start by command here too. */
export function restartPolicy(): Schema<RestartPolicy> {
  return oneOf(['always', 'on-failure', 'never'], { 'unless-stopped': 'always' });
}

/** One delay, or the whole curve. */
function backoff(): Schema<BackoffDraft> {
  const curve = mapOf<BackoffDraft>(
    {
      initial: duration(),
      factor: decimal({ min: 1, max: 100, example: 2 }),
      max: duration(),
      jitter: decimal({ min: 0, max: 1, example: 0.1, hint: 'Jitter is a share of the delay: 0.1 is ten percent.' }),
    },
    { what: 'a delay or a map of initial, factor, max, jitter' },
  );
  return choiceOf<BackoffDraft>(
    { what: 'a delay or a map of initial, factor, max, jitter', form: 'map', type: 'duration or map' },
    [
      { when: isMap, schema: curve },
      { when: () => true, schema: refine(duration(), (initial) => ({ initial })) },
    ],
  );
}

/** The restart keys that `global` and a process share. */
export function restartEntries(): Entries {
  return {
    restart_backoff: backoff(),
    max_restart_attempts: integer({ min: -1, example: 3, hint: '-1 never gives up, 0 never restarts.' }),
    restart_stability_window: duration(),
  };
}
