import { buildGraph } from '../plan/graph.ts';
import type { Plan } from '../plan/spec.ts';
import type { Roster } from '../unit/roster.ts';
import { createStopOrder } from '../unit/stop-order.ts';
import type { Unit } from '../unit/unit.ts';

export interface LeavingOptions {
  readonly roster: Roster;
  /** The plan in force: what it has again meanwhile is left alone. */
  readonly current: () => Plan;
  readonly signal: AbortSignal;
}

/** Stops these, dependents first, and forgets those of them that are `removed`. Resolves early when `signal` aborts. */
export async function stopLeaving(
  names: readonly string[],
  removed: readonly string[],
  options: LeavingOptions,
): Promise<void> {
  const { roster, current, signal } = options;
  await stopUnits(names, options);
  // One that came back meanwhile, and was taken away again, is for who did that.
  const isGone = (name: string): boolean => !current().processes.has(name) && roster.get(name)?.isDown === true;
  if (!signal.aborted) roster.delete(removed.filter(isGone));
}

function stopUnits(names: readonly string[], { roster, current, signal }: LeavingOptions): Promise<void> {
  const order = createStopOrder(buildGraph(names.flatMap((name) => roster.get(name)?.spec ?? [])));
  const told = new Set<string>();
  /** Down, or wanted again by somebody. */
  const isOver = (unit: Unit): boolean => told.has(unit.name) && (unit.isDown || unit.desired === 'up');
  const tell = (name: string): void => {
    const unit = roster.get(name);
    told.add(name);
    if (unit !== undefined && !current().booting.includes(name)) unit.down('reload');
    if (unit === undefined || isOver(unit)) order.down(name);
  };
  return new Promise((resolve) => {
    let due = false;
    const advance = (): void => {
      due = false;
      for (let next = order.next(); next.length > 0; next = order.next()) next.forEach(tell);
      if (order.done) finish();
    };
    const unsubscribe = roster.subscribe((unit) => {
      if (!isOver(unit)) return;
      order.down(unit.name);
      if (!due) queueMicrotask(advance);
      due = true;
    });
    const finish = (): void => {
      unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
    advance();
  });
}
