import type { Instance } from '../instance/instance.ts';
import type { Ports } from '../instance/ports.ts';
import type { Timer } from '../os/clock.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Roster } from '../unit/roster.ts';

/** Time between two looks at the memory of processes that have a limit. */
const lookEveryMs = 5000;

/**
 * Restarts instances gracefully when the resident memory of their whole tree passes `max_memory`, or
 * `resources.memory_max` where no cgroup of its own enforces that. The timer runs only while such an instance is up.
 * Returns the way to stop watching.
 */
export function watchMemory(roster: Roster, ports: Ports): () => void {
  let timer: Timer | undefined;
  const look = (): void => {
    timer = undefined;
    for (const unit of roster.units) for (const instance of unit.instances) restartIfOver(unit.spec, instance, ports);
    arm();
  };
  const arm = (): void => {
    if (timer === undefined && isNeeded(roster)) timer = ports.clock.after(lookEveryMs, look);
  };
  const unsubscribe = roster.subscribe((unit, instance) => {
    if (instance !== undefined && toLimit(unit.spec, instance) !== undefined) arm();
  });
  return () => {
    unsubscribe();
    timer?.cancel();
  };
}

interface MemoryLimit {
  readonly key: 'max_memory' | 'resources.memory_max';
  readonly bytes: number;
}

function restartIfOver(spec: ProcessSpec, instance: Instance, { probes, emit }: Ports): void {
  const limit = toLimit(spec, instance);
  if (limit === undefined || instance.child === undefined) return;
  const bytes = probes.residentBytes(instance.child.tree());
  if (bytes <= limit.bytes) return;
  const message = `${instance.id} uses ${toMebibytes(bytes)} MiB, over its ${limit.key} of ${toMebibytes(limit.bytes)} MiB: it is restarted`;
  emit('supervisor.warning', { message });
  instance.restart('memory');
}

/** The limit to watch, while the instance is up. */
function toLimit({ maxMemory, os }: ProcessSpec, { state, child }: Instance): MemoryLimit | undefined {
  if (state !== 'running' || child === undefined) return undefined;
  if (maxMemory !== undefined) return { key: 'max_memory', bytes: maxMemory };
  const memoryMax = os.resources?.memoryMax;
  if (memoryMax === undefined || child.enforced?.includes('memory_max') === true) return undefined;
  return { key: 'resources.memory_max', bytes: memoryMax };
}

function isNeeded(roster: Roster): boolean {
  return roster.units.some(({ spec, instances }) =>
    instances.some((instance) => toLimit(spec, instance) !== undefined),
  );
}

function toMebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
