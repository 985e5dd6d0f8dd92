import type { Ports } from '../instance/ports.ts';
import type { Timer } from '../os/clock.ts';
import type { Roster } from '../unit/roster.ts';

/** Time between two looks at the memory of processes that have a limit. */
const lookEveryMs = 5000;

/**
 * Restarts instances gracefully when the resident memory of their whole tree passes `max_memory`.
 * The timer runs only while such an instance is up. Returns the way to stop watching.
 */
export function watchMemory(roster: Roster, ports: Ports): () => void {
  let timer: Timer | undefined;
  const look = (): void => {
    timer = undefined;
    for (const unit of roster.units) {
      const limit = unit.spec.maxMemory;
      if (limit === undefined) continue;
      for (const instance of unit.instances) {
        if (instance.child === undefined || instance.state !== 'running') continue;
        const bytes = ports.probes.residentBytes(instance.child.tree());
        if (bytes > limit) {
          ports.emit('supervisor.warning', { message: `${instance.id} uses ${toMebibytes(bytes)} MiB, over its max_memory of ${toMebibytes(limit)} MiB: it is restarted` });
          instance.restart('memory');
        }
      }
    }
    arm();
  };
  const arm = (): void => {
    if (timer === undefined && isNeeded(roster)) timer = ports.clock.after(lookEveryMs, look);
  };
  const unsubscribe = roster.subscribe((unit) => {
    if (unit.spec.maxMemory !== undefined) arm();
  });
  return () => {
    unsubscribe();
    timer?.cancel();
  };
}

function isNeeded(roster: Roster): boolean {
  return roster.units.some((unit) => unit.spec.maxMemory !== undefined && unit.instances.some((instance) => instance.state === 'running'));
}

function toMebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
