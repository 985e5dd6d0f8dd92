import { CommandError } from '../errors.ts';
import type { Instance } from '../instance/instance.ts';
import type { Roster } from '../unit/roster.ts';

/**
 * Restarts instances one at a time, the next when the last is ready again.
 * Throws CommandError at the first that does not come back; those after it were not touched.
 */
export async function restartRolling(instances: readonly Instance[], roster: Roster): Promise<void> {
  for (const [place, instance] of instances.entries()) {
    const before = instance.spawns;
    instance.restart('rolling');
    await roster.until(() => isOver(instance, before), new AbortController().signal);
    if (instance.ready) continue;
    const left = instances.length - place - 1;
    const why = instance.view().reason ?? 'it is not ready';
    throw new CommandError(
      'PM_COMMAND_TIMEOUT',
      `rolling restart stopped at ${instance.id}: ${why}; ${left} not restarted`,
    );
  }
}

/** Ready again, or it will not be: failed, in backoff, or stopped by somebody. */
function isOver({ state, spawns, ready }: Instance, before: number): boolean {
  if (state === 'failed' || state === 'backoff' || state === 'stopped') return true;
  return spawns > before && (ready || state === 'exited');
}
