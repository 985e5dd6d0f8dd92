import type { Instance } from '../instance/instance.ts';
import type { Plan, PlanDiff } from '../plan/spec.ts';
import { startWithNeeds } from '../unit/needs.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';

export interface ApplyOptions {
  readonly roster: Roster;
  readonly plan: Plan;
  readonly diff: PlanDiff;
  /** Aborts when the supervisor drains: nothing is started after that. */
  readonly signal: AbortSignal;
}

/**
 * Makes the units what the plan says, with the least change: what is unchanged keeps its pid, what changed restarts in
 * dependency order, what is gone stops in reverse, what is new starts.
 */
export async function applyPlan({ roster, plan, diff, signal }: ApplyOptions): Promise<void> {
  await removeUnits(roster, diff.removed, signal);
  roster.add(toSpecs(plan, diff.added));
  for (const name of [...diff.unchanged, ...diff.changed.map((change) => change.name)]) {
    const spec = plan.processes.get(name);
    if (spec !== undefined) roster.get(name)?.apply(spec);
  }
  roster.rewire();
  await restartChanged(roster, diff, signal);
  for (const name of diff.added) {
    const unit = roster.get(name);
    if (unit !== undefined && plan.booting.includes(name) && !signal.aborted) startWithNeeds(roster, unit);
  }
}

/** Dependents first: what is removed may need what else is removed. */
async function removeUnits(roster: Roster, names: readonly string[], signal: AbortSignal): Promise<void> {
  const left = new Map(names.flatMap((name) => toEntry(roster, name)));
  while (left.size > 0 && !signal.aborted) {
    const free = [...left.values()].filter((unit) => !isNeededBy(roster, unit, left));
    const batch = free.length > 0 ? free : [...left.values()];
    for (const unit of batch) unit.down('reload');
    await roster.until(() => batch.every((unit) => unit.isDown), signal);
    for (const unit of batch) left.delete(unit.name);
    if (!signal.aborted) for (const unit of batch) roster.delete(unit.name);
  }
}

function toEntry(roster: Roster, name: string): [string, Unit][] {
  const unit = roster.get(name);
  return unit === undefined ? [] : [[name, unit]];
}

function isNeededBy(roster: Roster, unit: Unit, others: ReadonlyMap<string, Unit>): boolean {
  return (roster.graph.dependents.get(unit.name) ?? []).some((name) => others.has(name));
}

async function restartChanged(roster: Roster, diff: PlanDiff, signal: AbortSignal): Promise<void> {
  for (const { name, restart } of diff.changed) {
    const unit = roster.get(name);
    if (!restart || unit === undefined || unit.desired === 'down' || signal.aborted) continue;
    const before = new Map(unit.instances.map((instance) => [instance, instance.spawns]));
    unit.restart('reload');
    await roster.until(() => hasComeBack(unit, before), signal);
  }
}

/**
 * Up again, or not coming up by waiting: one that fails, or whose gate is shut, must not hold up the rest of a reload.
 * Gates keep the order of starts in any case.
 */
function hasComeBack(unit: Unit, before: ReadonlyMap<Instance, number>): boolean {
  return unit.instances.every((instance) => {
    if (instance.state === 'stopping' || instance.state === 'killing' || instance.state === 'starting') return false;
    return instance.state !== 'running' || instance.spawns > (before.get(instance) ?? 0);
  });
}

function toSpecs(plan: Plan, names: readonly string[]): Parameters<Roster['add']>[0] {
  return names.flatMap((name) => plan.processes.get(name) ?? []);
}
