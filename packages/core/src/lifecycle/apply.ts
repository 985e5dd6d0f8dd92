import type { Instance } from '../instance/instance.ts';
import type { Ports } from '../instance/ports.ts';
import type { Plan, PlanDiff } from '../plan/spec.ts';
import { startWithNeeds } from '../unit/needs.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';
import { skipUnwanted } from './conditions.ts';

export interface ApplyOptions {
  readonly roster: Roster;
  readonly ports: Ports;
  /** The plan that was in force until now. */
  readonly before: Plan;
  readonly plan: Plan;
  readonly diff: PlanDiff;
  /** Aborts when the supervisor drains: nothing is started after that. */
  readonly signal: AbortSignal;
}

/**
 * Makes the units what the plan says, with the least change: what is gone or switched off stops in reverse, what is
 * unchanged keeps its pid, what changed restarts in dependency order, what is new or switched on starts.
 * What somebody started or stopped by a command stays so.
 */
export async function applyPlan(options: ApplyOptions): Promise<void> {
  const { roster, plan, diff, signal } = options;
  // First: who waits for something that goes must know that it no longer needs it.
  adoptSpecs(options);
  roster.rewire();
  await stopUnits(roster, [...diff.removed, ...findLeaving(options)], signal);
  if (!signal.aborted) for (const name of diff.removed) roster.delete(name);
  roster.add(diff.added.flatMap((name) => plan.processes.get(name) ?? []));
  await restartChanged(options);
  await startEntering(options);
}

/** Known as before, but no longer among those that boot: `enabled: false`, or out of the default bundle. */
function findLeaving({ before, plan }: ApplyOptions): readonly string[] {
  return before.booting.filter((name) => plan.processes.has(name) && !plan.booting.includes(name));
}

/** Dependents first: what is stopped may need what else is stopped. */
async function stopUnits(roster: Roster, names: readonly string[], signal: AbortSignal): Promise<void> {
  const left = new Map(names.flatMap((name) => toEntry(roster, name)));
  while (left.size > 0 && !signal.aborted) {
    const free = [...left.values()].filter((unit) => !isNeededBy(roster, unit, left));
    const batch = free.length > 0 ? free : [...left.values()];
    for (const unit of batch) unit.down('reload');
    await roster.until(() => batch.every((unit) => unit.isDown), signal);
    for (const unit of batch) left.delete(unit.name);
  }
}

function toEntry(roster: Roster, name: string): [string, Unit][] {
  const unit = roster.get(name);
  return unit === undefined ? [] : [[name, unit]];
}

function isNeededBy(roster: Roster, unit: Unit, others: ReadonlyMap<string, Unit>): boolean {
  return (roster.graph.dependents.get(unit.name) ?? []).some((name) => others.has(name));
}

function adoptSpecs({ roster, plan, diff }: ApplyOptions): void {
  const unchanged = diff.unchanged.map((name) => ({ name, restart: false }));
  for (const { name, restart } of [...unchanged, ...diff.changed]) {
    const spec = plan.processes.get(name);
    if (spec !== undefined) roster.get(name)?.apply(spec, { restart });
  }
}

/** One layer of the order after the other: those of a layer do not need each other. */
async function restartChanged({ roster, plan, diff, signal }: ApplyOptions): Promise<void> {
  const wanted = new Set(diff.changed.filter(({ restart }) => restart).map(({ name }) => name));
  if (wanted.size === 0) return;
  for (const layer of plan.order) {
    const batch = layer.flatMap((name) => (wanted.has(name) ? (roster.get(name) ?? []) : []));
    const restarting = batch.filter((unit) => unit.desired === 'up' && !signal.aborted);
    const before = new Map(
      restarting.flatMap(({ instances }) => instances.map((instance) => [instance, instance.spawns])),
    );
    for (const unit of restarting) unit.restart('reload');
    await roster.until(() => restarting.every((unit) => hasComeBack(unit, before)), signal);
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

async function startEntering(options: ApplyOptions): Promise<void> {
  const { roster, ports, signal } = options;
  const entering = findEntering(options).flatMap((name) => roster.get(name) ?? []);
  await skipUnwanted(entering, ports, signal);
  if (signal.aborted) return;
  for (const unit of entering) if (!unit.standing.skipped) startWithNeeds(roster, unit);
}

/** New among those that boot, or skipped until now by a condition that has changed. */
function findEntering({ roster, before, plan, diff }: ApplyOptions): readonly string[] {
  const booted = new Set(before.booting);
  const reconsidered = new Set(
    diff.changed.filter(({ keys }) => keys.includes('onlyIf') || keys.includes('skipIf')).map(({ name }) => name),
  );
  return plan.booting.filter(
    (name) => !booted.has(name) || (reconsidered.has(name) && roster.get(name)?.standing.skipped === true),
  );
}
