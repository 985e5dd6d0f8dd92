import type { State, Trigger } from './machine.ts';

/** What the shell has to do because of a transition. */
export type Effect =
  | 'awaitGate'
  | 'spawn'
  | 'watchReadiness'
  | 'drain'
  | 'sendStop'
  | 'kill'
  | 'armBackoff'
  | 'cancelGate'
  | 'cancelBackoff'
  | 'cancelStart'
  | 'cancelReadiness';

/** Effects of leaving and entering, in the order in which they run. Pure: a table test holds it. */
export function toEffects(from: State, trigger: Trigger, to: State): readonly Effect[] {
  return [...toLeaving(from, to), ...toEntering(trigger, to)];
}

function toLeaving(from: State, to: State): readonly Effect[] {
  if (from === to) return [];
  if (from === 'waiting') return ['cancelGate'];
  if (from === 'backoff') return ['cancelBackoff'];
  if (from === 'starting') return to === 'running' ? [] : ['cancelStart', 'cancelReadiness'];
  if (from === 'running') return ['cancelReadiness'];
  return [];
}

function toEntering(trigger: Trigger, to: State): readonly Effect[] {
  switch (to) {
    case 'waiting':
      return ['awaitGate'];
    case 'starting':
      return trigger === 'spawned' ? ['watchReadiness'] : ['spawn'];
    case 'stopping':
      // A child that appears after the stop was asked for has nothing to drain: it gets its signal at once.
      return trigger === 'spawned' ? ['sendStop'] : ['drain'];
    case 'killing':
      return ['kill'];
    case 'backoff':
      return ['armBackoff'];
    case 'stopped':
    case 'running':
    case 'exited':
    case 'failed':
      return [];
  }
}
