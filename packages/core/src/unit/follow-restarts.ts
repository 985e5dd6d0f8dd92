import type { Instance } from '../instance/instance.ts';
import type { Roster } from './roster.ts';
import type { Unit } from './unit.ts';

/**
 * Restarts processes whose dependency (`restart: true`) was spawned again. They come back when their gate opens,
 * that is when the dependency is ready. Returns the way to stop following.
 */
export function followRestarts(roster: Roster): () => void {
  const seen = new WeakMap<Instance, number>();
  return roster.subscribe((unit, instance) => {
    if (instance === undefined || instance.spawns === (seen.get(instance) ?? 0)) return;
    seen.set(instance, instance.spawns);
    if (instance.spawns > 1) restartDependents(roster, unit);
  });
}

function restartDependents(roster: Roster, unit: Unit): void {
  for (const name of roster.graph.dependents.get(unit.name) ?? []) {
    const dependent = roster.get(name);
    const follows = dependent?.spec.dependsOn.some(
      (dependency) => dependency.process === unit.name && dependency.restart,
    );
    if (follows === true && dependent?.desired === 'up') dependent.restartRunning('dependency');
  }
}
