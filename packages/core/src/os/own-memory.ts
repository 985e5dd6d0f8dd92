import type { Sys } from '@pm-supervisor/native';
import type { Clock } from './clock.ts';

/** V8 tidies up by itself eight to ten seconds after a boot: what it frees then goes back too. */
const afterBootMs = 15_000;

/**
 * Gives back, once, the memory that only the boot needed: more than half of what is resident (56 MiB become 26), because
 * a boot runs through much of Node's own file and what follows runs through little. Takes 1 ms. Without the helper
 * it stays. Cancelled by the returned function.
 */
export function trimMemoryAfterBoot(clock: Pick<Clock, 'after'>, sys: Sys | undefined): () => void {
  if (sys === undefined) return () => {};
  const timer = clock.after(afterBootMs, () => sys.trimMemory());
  return () => timer.cancel();
}
