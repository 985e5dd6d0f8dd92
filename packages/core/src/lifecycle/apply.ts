import type { Instance } from '../instance/instance.ts';
import type { Ports } from '../instance/ports.ts';
import { withDependencies, withDependents } from '../plan/graph.ts';
import type { Plan } from '../plan/spec.ts';
import { startWithNeeds } from '../unit/needs.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';
import { skipUnwanted } from './conditions.ts';
import type { PlanChange } from './plan-keeper.ts';
import { findRivals } from './rivals.ts';
import { stopLeaving } from './stop-leaving.ts';

export interface ApplierOptions {
  readonly roster: Roster;
  readonly ports: Ports;
  /** The plan in force: a later change may have made another of what an earlier one still works at. */
  readonly current: () => Plan;
  /** Aborts when the supervisor drains: nothing is started after that. */
  readonly signal: AbortSignal;
}

/**
 * Makes the units what a plan says, with the least change: what is gone or switched off stops in reverse, what is
 * unchanged keeps its pid, what changed restarts in dependency order, what is new or switched on starts. What somebody
 * started or stopped by a command stays so.
 *
 * When it returns every unit knows its declaration; the promise resolves when all is done. Until then the next change
 * may begin: a stop that takes its time holds up only what cannot run beside it.
 */
export type ApplyPlan = (change: PlanChange) => Promise<void>;

interface Applier extends ApplierOptions {
  /** Processes that run by an old declaration: one restart is enough for all that changed until then. */
  readonly owed: Set<string>;
}

/** What one change sets in motion. */
interface Motion {
  /** Names of those that stop for good. */
  readonly leaving: readonly string[];
  readonly restarting: readonly string[];
  readonly restarted: Promise<void>;
}

export function createApplier(options: ApplierOptions): ApplyPlan {
  const applier: Applier = { ...options, owed: new Set() };
  return async (change) => {
    // First: who waits for something that goes must know that it no longer needs it.
    adoptSpecs(applier, change);
    const leaving = findLeaving(change);
    const left = stopLeaving(leaving, change.diff.removed, applier);
    const entering = findEntering(applier.roster, change);
    const restarting = findRestarting(applier, change, entering);
    // Not before what goes is gone: it may need what restarts until its last moment.
    const restarted = left.then(() => restartChanged(restarting, applier, change));
    await Promise.all([restarted, startEntering(entering, { leaving, restarting, restarted }, applier)]);
  };
}

/** What is new may have the name of something that was taken away and is not gone yet: then that goes on as the new one. */
function adoptSpecs({ roster, owed }: Applier, { plan, diff }: PlanChange): void {
  const unchanged = diff.unchanged.map((name) => ({ name, restart: false }));
  const again = diff.added.filter((name) => roster.get(name) !== undefined).map((name) => ({ name, restart: true }));
  for (const { name, restart } of [...unchanged, ...diff.changed, ...again]) {
    const spec = plan.processes.get(name);
    if (spec !== undefined) roster.get(name)?.apply(spec, { restart });
    // What is on its way down starts by the new declaration anyway.
    if (restart && roster.get(name)?.desired === 'up') owed.add(name);
  }
  roster.add(diff.added.flatMap((name) => plan.processes.get(name) ?? []));
}

/** Changed, or declared again before its turn to stop had come, by this change or by one before it. */
function findRestarting(
  { owed }: Applier,
  { diff: { added, changed } }: PlanChange,
  entering: readonly string[],
): readonly string[] {
  const names = new Set([...changed.map(({ name }) => name), ...added, ...entering]);
  return [...names].filter((name) => owed.has(name));
}

/** Gone, or known as before but no longer among those that boot: `enabled: false`, or out of the default bundle. */
function findLeaving({ before, plan, diff }: PlanChange): readonly string[] {
  const switchedOff = before.booting.filter((name) => plan.processes.has(name) && !plan.booting.includes(name));
  return [...diff.removed, ...switchedOff];
}

/** One layer of the order after the other: those of a layer do not need each other. */
async function restartChanged(
  names: readonly string[],
  { roster, owed, signal }: Applier,
  { plan }: PlanChange,
): Promise<void> {
  if (names.length === 0) return;
  const wanted = new Set(names);
  for (const layer of plan.order) {
    const batch = layer
      .filter((name) => wanted.has(name) && owed.delete(name))
      .flatMap((name) => roster.get(name) ?? []);
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

/** At once, but for those that cannot run beside what still stops, or that need what restarts. */
async function startEntering(entering: readonly string[], motion: Motion, applier: Applier): Promise<void> {
  const { roster } = applier;
  const rivals = findRivalsOf(entering, motion, applier);
  const held = new Set(withDependents(roster.graph, [...rivals.keys(), ...motion.restarting]));
  const start = (names: readonly string[]): Promise<void> => startUnits(names, applier);
  await Promise.all([
    start(entering.filter((name) => !held.has(name))),
    ...entering
      .filter((name) => held.has(name))
      .map(async (name) => {
        await untilFree(withDependencies(roster.graph, [name]), rivals, { motion, applier });
        await start([name]);
      }),
  ]);
}

/** New among those that boot by themselves, or skipped until now by a condition that has changed. */
function findEntering(roster: Roster, { before, plan, diff, asked }: PlanChange): readonly string[] {
  const booted = new Set([...before.booting, ...asked]);
  const reconsidered = new Set(
    diff.changed.filter(({ keys }) => keys.includes('onlyIf') || keys.includes('skipIf')).map(({ name }) => name),
  );
  return plan.booting.filter(
    (name) => !booted.has(name) || (reconsidered.has(name) && roster.get(name)?.standing.skipped === true),
  );
}

/** Also what an earlier change took away may still be there. */
function findRivalsOf(
  entering: readonly string[],
  { leaving }: Motion,
  { roster, current }: Applier,
): ReadonlyMap<string, readonly string[]> {
  const { processes } = current();
  const going = new Set(leaving);
  const specs = (units: readonly Unit[]): readonly Unit['spec'][] => units.map(({ spec }) => spec);
  return findRivals(
    specs(entering.flatMap((name) => roster.get(name) ?? [])),
    specs(roster.units.filter(({ name, isDown }) => !isDown && (going.has(name) || !processes.has(name)))),
  );
}

/** Nothing that stops is in the way of these, and nothing of theirs is about to restart. */
async function untilFree(
  needed: readonly string[],
  rivals: ReadonlyMap<string, readonly string[]>,
  { motion, applier: { roster, signal } }: { motion: Motion; applier: Applier },
): Promise<void> {
  if (needed.some((name) => motion.restarting.includes(name))) await motion.restarted;
  const inTheWay = needed.flatMap((name) => rivals.get(name) ?? []).flatMap((name) => roster.get(name) ?? []);
  await roster.until(() => inTheWay.every((unit) => unit.isDown || unit.desired === 'up'), signal);
}

async function startUnits(names: readonly string[], { roster, ports, current, signal }: Applier): Promise<void> {
  const units = names.flatMap((name) => roster.get(name) ?? []);
  await skipUnwanted(units, ports, signal);
  if (signal.aborted) return;
  // Taken away again meanwhile: it stays down.
  const wanted = units.filter(({ name }) => current().booting.includes(name));
  for (const unit of wanted) if (!unit.standing.skipped) startWithNeeds(roster, unit);
}
