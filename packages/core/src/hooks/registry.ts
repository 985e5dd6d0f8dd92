import type { Command, Refusal } from '../command/command.ts';
import { BugError, PluginError } from '../errors.ts';
import { currentPlugin, runAsCore } from './attribution.ts';
import { startCall } from './call.ts';
import type { CompiledHook, CompileHook } from './compile.ts';
import { createFailures, type FailurePorts, type Failures } from './failures.ts';
import { deepFreeze } from './freeze.ts';
import type { GuardedHook, TapRecord } from './guard.ts';
import type { CoreHooks, HookName, PluginHooks } from './hooks.ts';
import { isHeard, type TapOwner } from './owner.ts';
import type { FireLimit, PluginFailure } from './payloads.ts';
import { hookTable } from './table.ts';
import { createTapFacade } from './tap-facade.ts';

/** All hooks of one supervisor: core fires through the groups, plugins tap through `scope`. */
export interface HookRegistry extends CoreHooks {
  /** The hooks as the plugin of this set-up holds them. Joins the set-up to the registry, after those before it. */
  scope(owner: TapOwner): PluginHooks;
  /** The order of plugins, for taps of one stage. Owners not named keep their place after the named. */
  setOrder(plugins: readonly string[]): void;
  /** Takes every tap of a set-up back. Idempotent. */
  remove(owner: TapOwner): void;
  /** Counts a failure outside of a tap: `setup`, a timer, an error nobody caught. Returns it stamped. */
  blame(owner: TapOwner, step: string, cause: unknown): PluginError;
  /** Blames an uncaught error or rejection on the plugin whose code is running; false: it is core's own. */
  blameCurrent(cause: unknown): boolean;
  /** Who taps what, in the order of calls; for `pm plugins` and the docs. */
  taps(): readonly TapInfo[];
}

export interface TapInfo {
  readonly hook: HookName;
  readonly plugin: string;
  readonly stage: number;
  readonly critical: boolean;
}

export interface HookPorts extends FailurePorts {
  /** Names that `before` may use although no such plugin is on: the bundled plugins. */
  readonly knownPlugins?: readonly string[];
  /** Makes hooks of taps. Loaded with the first plugin: a supervisor without plugins does not pay for tapable. */
  readonly compile?: () => CompileHook | undefined;
}

/** The taps of one hook, compiled again after every change: tapable itself cannot take a tap back. */
interface Entry extends GuardedHook {
  records: readonly TapRecord[];
  compiled: CompiledHook | undefined;
  readonly compile: () => CompileHook | undefined;
}

/** Creates every hook of the table, without taps. */
export function createHooks(ports: HookPorts): HookRegistry {
  const owners: TapOwner[] = [];
  const failures = createFailures(ports, (failure) => runAsCore(() => fireFailure(failure)));
  const entries = createEntries(ports, failures);
  const fireFailure = (failure: PluginFailure): void => void fireSync(entries.get('plugin.failed')!, [failure]);
  let order: readonly string[] = [];

  return {
    ...toGroups(entries),
    scope(owner) {
      owners.push(owner);
      const isKnown = (name: string): boolean =>
        ports.knownPlugins?.includes(name) === true ||
        order.includes(name) ||
        owners.some(({ plugin }) => plugin === name);
      return createTapFacade(owner, isKnown, (name, record) => addRecord(entries.get(name)!, record));
    },
    setOrder(plugins) {
      order = plugins;
      for (const entry of entries.values()) setRecords(entry, entry.records);
    },
    remove(owner) {
      owner.disposed = true;
      const index = owners.indexOf(owner);
      if (index !== -1) owners.splice(index, 1);
      for (const entry of entries.values())
        setRecords(
          entry,
          entry.records.filter((record) => record.owner !== owner),
        );
    },
    blame: (owner, step, cause) => failures.add(owner, step, cause),
    blameCurrent(cause) {
      const owner = owners.findLast(({ plugin }) => plugin === currentPlugin());
      if (owner === undefined) return currentPlugin() !== undefined;
      failures.add(owner, 'uncaught', cause);
      return true;
    },
    taps: () => [...entries.values()].flatMap(toTapInfos),
  };

  function addRecord(entry: Entry, record: TapRecord): void {
    setRecords(entry, [...entry.records, record]);
  }

  function setRecords(entry: Entry, records: readonly TapRecord[]): void {
    const rank = ({ owner }: TapRecord): number =>
      order.includes(owner.plugin) ? order.indexOf(owner.plugin) : order.length;
    entry.records = records.toSorted((a, b) => rank(a) - rank(b));
    entry.compiled = undefined;
  }
}

function createEntries(ports: HookPorts, failures: Failures): ReadonlyMap<HookName, Entry> {
  const names = Object.keys(hookTable) as HookName[];
  return new Map(
    names.map((name) => [
      name,
      {
        name,
        info: hookTable[name],
        clock: ports.clock,
        failures,
        compile: () => ports.compile?.(),
        records: [],
        compiled: undefined,
      },
    ]),
  );
}

/** `instance.spawning` becomes `groups.instance.spawning`. The table's names are those of the type: a test holds them together. */
function toGroups(entries: ReadonlyMap<HookName, Entry>): CoreHooks {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [name, entry] of entries) {
    const [group, member] = name.split('.') as [string, string];
    (groups[group] ??= {})[member] = { fire: toFire(entry), hasTaps: () => hasTaps(entry) };
  }
  return groups as unknown as CoreHooks;
}

function toFire(entry: Entry): (...args: unknown[]) => unknown {
  if (entry.name === 'command.received') return (...args) => fireCommand(entry, args);
  return entry.info.limitMs === undefined ? (...args) => fireSync(entry, args) : (...args) => fireAwaited(entry, args);
}

function compile(entry: Entry): CompiledHook {
  const compileHook = entry.compile();
  if (compileHook === undefined) throw new BugError(`${entry.name} has taps, but tapable is not loaded`);
  return (entry.compiled ??= compileHook(entry, entry.records));
}

function hasTaps({ records, info }: Entry): boolean {
  return records.some(({ owner, critical }) => isHeard(owner, info, critical));
}

function fireSync(entry: Entry, args: readonly unknown[]): unknown {
  const neutral = entry.info.kind === 'SyncWaterfallHook' ? args[0] : undefined;
  if (!hasTaps(entry)) return neutral;
  args.forEach(deepFreeze);
  return compile(entry).call(...args);
}

/** A guard that fails refuses; and nobody can refuse to let a container stop. */
function fireCommand(entry: Entry, args: readonly unknown[]): Refusal | undefined {
  const mustPass = (args[0] as Command).type === 'shutdown';
  try {
    const refusal = fireSync(entry, args) as Refusal | undefined;
    return mustPass ? undefined : refusal;
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    return mustPass ? undefined : { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

async function fireAwaited(entry: Entry, all: readonly unknown[]): Promise<unknown> {
  const { info } = entry;
  const args = all.slice(0, info.args.length);
  if (!hasTaps(entry)) return toResult(entry, args, []);
  args.forEach(deepFreeze);
  const limit = (all[info.args.length] ?? {}) as FireLimit;
  const call = startCall({ limitMs: info.limitMs ?? 0, ...limit, clock: entry.clock });
  try {
    const value = await compile(entry).promise(...args, call);
    return toResult(entry, [value], call.answers);
  } finally {
    call.end();
  }
}

/** A survey's answers come in plugin order, not in the order they settled: the same project gives the same plan. */
function toResult(
  { info, records }: Entry,
  [value]: readonly unknown[],
  answers: readonly { plugin: string; answer: unknown }[],
): unknown {
  if (info.kind === 'AsyncSeriesWaterfallHook') return value;
  if (info.kind !== 'AsyncParallelHook') return undefined;
  const plugins = [...new Set(records.map(({ owner }) => owner.plugin))];
  return plugins.flatMap((plugin) => answers.filter((one) => one.plugin === plugin).map(({ answer }) => answer));
}

function toTapInfos({ name, records }: Entry): readonly TapInfo[] {
  return records
    .toSorted((a, b) => a.stage - b.stage)
    .map(({ owner, stage, critical }) => ({ hook: name, plugin: owner.plugin, stage, critical }));
}
