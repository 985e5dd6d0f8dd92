import type { Roster } from './roster.ts';
import type { Unit } from './unit.ts';

/**
 * Wants a unit up, with everything it needs that is down and may be started (on-demand dependencies, those another
 * command stopped), and stops what is in conflict with it. The gates bring them into order.
 */
export function startWithNeeds(roster: Roster, unit: Unit): void {
  const reached = new Set<string>();
  const pending: Unit[] = [unit];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (reached.has(next.name)) continue;
    reached.add(next.name);
    stopConflicts(roster, next);
    pending.push(...findStartable(roster, next));
  }
  for (const name of [...reached].toReversed()) roster.get(name)?.up();
}

function findStartable(roster: Roster, unit: Unit): readonly Unit[] {
  return unit.spec.dependsOn
    .filter((dependency) => !dependency.optional)
    .map((dependency) => roster.get(dependency.process))
    .filter(
      (other): other is Unit =>
        other !== undefined && other.desired === 'down' && other.spec.enabled && !other.standing.skipped,
    );
}

/** The relation holds both ways, whoever declared it. */
function stopConflicts(roster: Roster, unit: Unit): void {
  for (const other of roster.units) {
    const conflict = unit.spec.conflictsWith.includes(other.name) || other.spec.conflictsWith.includes(unit.name);
    if (conflict && other.desired === 'up') other.down('conflict');
  }
}
