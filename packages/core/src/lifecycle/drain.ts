import type { ShutdownCulprit } from '../event/event.ts';
import type { Instance } from '../instance/instance.ts';
import { liveStates } from '../instance/machine.ts';
import type { Clock } from '../os/clock.ts';
import type { Roster } from '../unit/roster.ts';
import { createStopOrder, type StopOrder } from '../unit/stop-order.ts';

export interface DrainOptions {
  readonly roster: Roster;
  readonly clock: Clock;
  /** Aborts when the budget is over, or when somebody asked a second time: all that is left is killed. */
  readonly hurry: AbortSignal;
}

/** What cannot be killed (uninterruptible sleep) must not keep the container from ending. */
const unkillableMs = 5000;

/**
 * Stops every unit in order and returns when all are down. Returns who was still there when `hurry` came.
 * Units that do not run yet are taken back at once: nothing starts any more.
 */
export async function drainUnits({ roster, clock, hurry }: DrainOptions): Promise<readonly ShutdownCulprit[]> {
  const order = createStopOrder(roster.graph);
  for (const unit of roster.units) if (!unit.standing.live) unit.down('shutdown');
  let due = false;
  const advance = (): void => {
    due = false;
    stopNext(roster, order);
  };
  const unsubscribe = roster.subscribe((unit) => {
    if (unit.isDown) order.down(unit.name);
    if (!due) queueMicrotask(advance);
    due = true;
  });
  for (const unit of roster.units) if (unit.isDown) order.down(unit.name);
  advance();
  const all = await roster.until(() => isAllDown(roster, order), hurry);
  const culprits = all ? [] : toCulprits(roster, order);
  if (!all) await killLeft(roster, clock);
  unsubscribe();
  return culprits;
}

function stopNext(roster: Roster, order: StopOrder): void {
  for (let names = order.next(); names.length > 0; names = order.next()) {
    for (const name of names) {
      const unit = roster.get(name);
      unit?.down('shutdown');
      if (unit === undefined || unit.isDown) order.down(name);
    }
  }
}

/** The order knows the units of the moment it was made; a unit added since must be down too. */
function isAllDown(roster: Roster, order: StopOrder): boolean {
  return order.done && roster.units.every((unit) => unit.isDown);
}

function toCulprits(roster: Roster, order: StopOrder): readonly ShutdownCulprit[] {
  return roster.units.flatMap((unit) =>
    unit.instances.filter(isLive).map((instance) => ({
      process: unit.name,
      instance: instance.id,
      waitingIn: toWaitingIn(instance, order.blockersOf(unit.name)),
    })),
  );
}

function toWaitingIn(instance: Instance, blockers: readonly string[]): string {
  if (instance.state === 'stopping' || instance.state === 'killing') return instance.busyWith;
  return blockers.length === 0 ? 'its turn' : `its turn, after ${blockers.join(', ')}`;
}

async function killLeft(roster: Roster, clock: Clock): Promise<void> {
  for (const unit of roster.units) {
    unit.down('shutdown', true);
    for (const instance of unit.instances) instance.killNow();
  }
  const limit = new AbortController();
  const timer = clock.after(unkillableMs, () => limit.abort());
  await roster.until(() => roster.units.every((unit) => unit.isDown), limit.signal);
  timer.cancel();
}

function isLive(instance: Instance): boolean {
  return liveStates.has(instance.state);
}
