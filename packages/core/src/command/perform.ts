import { CommandError } from '../errors.ts';
import type { Caller } from '../event/event.ts';
import type { Instance } from '../instance/instance.ts';
import { runHooks } from '../instance/hook-run.ts';
import { createScope } from '../instance/start.ts';
import { liveStates } from '../instance/machine.ts';
import type { Ports } from '../instance/ports.ts';
import { isEmptyDiff } from '../plan/diff.ts';
import type { PlanDiff } from '../plan/spec.ts';
import { startWithNeeds } from '../unit/needs.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';
import type { Command, CommandType, Target } from './command.ts';
import type { PlanChanges, PlanStep } from './dispatch.ts';
import { restartRolling } from './rolling.ts';

/** A target found: a whole unit, or one slot of it. */
export interface Addressee {
  readonly unit: Unit;
  readonly index?: number;
}

export interface PerformerContext {
  readonly roster: Roster;
  readonly ports: Ports;
  readonly changes: PlanChanges;
  /** Finds what is addressed, making instances of templates on the way. Throws CommandError with a did-you-mean. */
  resolve(targets: readonly Target[]): Promise<readonly Addressee[]>;
  shutdown(reason: string, caller: Caller): void;
}

/** What a command set in motion. */
export interface Performance {
  readonly changed: boolean;
  readonly units: readonly string[];
  /** Work that goes on by itself and may fail (rolling restarts, reload commands, a new plan). */
  readonly finish?: Promise<void>;
  /** Whether the final state is reached, once that work is done. */
  readonly settled: () => boolean;
  readonly diff?: PlanDiff;
}

type Performer<T extends CommandType> = (
  command: Extract<Command, { type: T }>,
  caller: Caller,
  context: PerformerContext,
) => Promise<Performance>;

/** One performer a command, total by type. */
export const performers: { readonly [T in CommandType]: Performer<T> } = {
  start: async ({ targets }, _caller, context) => {
    const found = await context.resolve(targets);
    const before = found.some(
      ({ unit, index }) => !toInstances({ unit, ...toIndex(index) }).every(isUp) || unit.desired === 'down',
    );
    for (const { unit, index } of found) {
      if (index === undefined) startWithNeeds(context.roster, unit);
      else unit.releaseSlot(index);
    }
    return toPerformance(found, before, () => found.every(({ unit }) => unit.isSettled));
  },

  stop: async ({ targets, reason = 'manual' }, _caller, context) => {
    const found = await context.resolve(targets);
    const changed = found.some((addressee) => toInstances(addressee).some((instance) => !isDown(instance)));
    for (const { unit, index } of found) {
      if (index === undefined) unit.down(reason);
      else unit.holdSlot(index, reason);
    }
    return toPerformance(found, changed, () => found.every((addressee) => toInstances(addressee).every(isDown)));
  },

  restart: async ({ targets, reason = 'manual', rolling = false }, _caller, context) => {
    const found = await context.resolve(targets);
    if (rolling) {
      const finish = restartRolling(found.flatMap(toInstances), context.roster);
      // Whoever waits hears of a failure; nobody else may be surprised by an unhandled rejection.
      finish.catch((error: Error) => context.ports.emit('supervisor.warning', { message: error.message }));
      return { ...toPerformance(found, true, () => true), finish };
    }
    const before = new Map(found.flatMap(toInstances).map((instance) => [instance, instance.spawns]));
    for (const { unit, index } of found) {
      if (index === undefined) unit.restart(reason);
      else unit.instance(index)?.restart(reason);
    }
    return toPerformance(found, true, () =>
      found.every((addressee) => toInstances(addressee).every((instance) => hasRestarted(instance, before))),
    );
  },

  reload: async ({ targets }, _caller, context) => {
    const found = await context.resolve(targets);
    for (const { unit } of found) refuseWithoutReload(unit);
    const finish = Promise.all(
      found.flatMap((addressee) =>
        toInstances(addressee).map((instance) => reloadInstance(addressee.unit, instance, context)),
      ),
    ).then(() => undefined);
    finish.catch((error: Error) => context.ports.emit('supervisor.warning', { message: error.message }));
    return { ...toPerformance(found, true, () => true), finish };
  },

  signal: async ({ targets, signal }, _caller, context) => {
    const found = await context.resolve(targets);
    const sent = found.flatMap(toInstances).filter((instance) => instance.signal(signal));
    return toPerformance(found, sent.length > 0, () => true);
  },

  scale: async ({ process, to }, _caller, context) => {
    const [addressee] = await context.resolve([process]);
    if (addressee === undefined)
      throw new CommandError('PM_COMMAND_UNKNOWN_TARGET', `there is no process "${process}"`);
    const { unit } = addressee;
    refuseScale(unit, to);
    const changed = unit.scale !== to;
    unit.scaleTo(to);
    if (to > 0 && unit.desired === 'down') startWithNeeds(context.roster, unit);
    return toPerformance([{ unit }], changed, () => unit.instances.length === to && (to === 0 || unit.isSettled));
  },

  ready: async ({ targets }, _caller, context) => {
    const found = await context.resolve(targets);
    for (const instance of found.flatMap(toInstances)) instance.setReady();
    return toPerformance(found, true, () => true);
  },

  unready: async ({ targets, why }, _caller, context) => {
    const found = await context.resolve(targets);
    for (const instance of found.flatMap(toInstances)) instance.setUnready(why);
    return toPerformance(found, true, () => true);
  },

  'apply-config': async ({ dryRun = false }, _caller, { changes, roster }) =>
    toPlanPerformance(await changes.applyConfig(dryRun), roster),
  'put-process': async ({ name, declaration }, _caller, { changes, roster }) =>
    toPlanPerformance(await changes.put(name, declaration), roster),
  'remove-process': async ({ name }, _caller, { changes, roster }) =>
    toPlanPerformance(await changes.remove(name), roster),
  reconcile: async ({ label, declarations, dryRun = false }, _caller, { changes, roster }) =>
    toPlanPerformance(await changes.reconcile(label, declarations, dryRun), roster),

  shutdown: async ({ reason }, caller, context) => {
    context.shutdown(reason, caller);
    return { changed: true, units: [], settled: () => true };
  },
};

function toPerformance(found: readonly Addressee[], changed: boolean, settled: () => boolean): Performance {
  return { changed, units: [...new Set(found.map(({ unit }) => unit.name))], settled };
}

/** Settled when what was added or changed is up, or will not be. */
function toPlanPerformance({ diff, done: finish }: PlanStep, roster: Roster): Performance {
  const units = [...diff.added, ...diff.changed.map(({ name }) => name)];
  const settled = (): boolean => units.every((name) => roster.get(name)?.isSettled ?? true);
  return { changed: !isEmptyDiff(diff), units, settled, finish, diff };
}

function toInstances({ unit, index }: Addressee): readonly Instance[] {
  if (index === undefined) return unit.instances;
  const instance = unit.instance(index);
  return instance === undefined ? [] : [instance];
}

function toIndex(index: number | undefined): { index?: number } {
  return index === undefined ? {} : { index };
}

function isUp(instance: Instance): boolean {
  return liveStates.has(instance.state) && instance.state !== 'stopping' && instance.state !== 'killing';
}

function isDown({ state }: Instance): boolean {
  return state === 'stopped' || state === 'exited' || state === 'failed';
}

function hasRestarted(instance: Instance, before: ReadonlyMap<Instance, number>): boolean {
  if (instance.state === 'failed') return true;
  const again = instance.spawns > (before.get(instance) ?? 0);
  return again && (instance.ready || instance.state === 'exited');
}

function refuseWithoutReload({ name, spec }: Unit): void {
  if (spec.reloadCommand !== undefined || spec.reloadSignal !== undefined) return;
  throw new CommandError('PM_COMMAND_INVALID', `"${name}" has neither reload_command nor reload_signal`, {
    hint: `Set processes.${name}.reload_signal, or use "pm restart ${name}".`,
  });
}

async function reloadInstance(unit: Unit, instance: Instance, { ports }: PerformerContext): Promise<void> {
  const { spec, context } = createScope(unit.spec, instance.index, ports);
  if (spec.reloadSignal !== undefined) return void instance.signal(spec.reloadSignal);
  if (spec.reloadCommand === undefined || instance.child === undefined) return;
  const hook = {
    name: `${instance.id}:reload`,
    command: spec.reloadCommand,
    timeoutMs: spec.shutdown.timeoutMs,
    retry: 0,
    retryDelayMs: 0,
    continueOnError: false,
    env: { PM_PID: String(instance.child.pid) },
  };
  const outcome = await runHooks([hook], { ...context, signal: new AbortController().signal });
  if (!outcome.ok)
    throw new CommandError('PM_COMMAND_INVALID', `reload of "${unit.name}": ${outcome.message ?? 'failed'}`);
}

function refuseScale({ name, spec }: Unit, to: number): void {
  if (!Number.isInteger(to) || to < 0)
    throw new CommandError('PM_COMMAND_INVALID', `cannot scale "${name}" to ${to}: it takes a whole number from 0`);
  if (to <= spec.maxScale) return;
  throw new CommandError('PM_COMMAND_INVALID', `cannot scale "${name}" to ${to}: max_scale is ${spec.maxScale}`, {
    hint: `Raise processes.${name}.max_scale or global.max_process_scale.`,
  });
}
