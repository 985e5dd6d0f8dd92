import type { Client } from '@pm-supervisor/client';
import type { Wanted } from './wanted.ts';

/** Whatever carries it is the watcher's: what is not wanted any more is stopped and forgotten. */
const label = 'owner=mesh-router';

/** Until pm has agreed. The rest goes on by itself: what stops slowly does not hold up the watcher. */
const agreed = { waitMs: 0 };

// region reconcile
/**
 * Makes pm run exactly what is wanted, and leaves everything else alone. All of it is said every time: a command does
 * nothing where it is so already, and whatever went wrong before is put right by the next.
 */
export async function reconcile(pm: Pick<Client, 'reconcile' | 'start' | 'stop'>, wanted: Wanted): Promise<void> {
  if (wanted.down.length > 0) await pm.stop(wanted.down, agreed);
  if (wanted.up.length > 0) await pm.start(wanted.up, agreed);
  await pm.reconcile(label, wanted.instances, agreed);
}
// endregion
