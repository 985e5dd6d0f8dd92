import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlanDiff, PluginUse, ProcessSpec } from './spec.ts';

/**
 * What a running process was started with. Everything else takes effect without touching it: at once (scale, labels,
 * logging), at its next end (restart, hooks), at its next stop or start (shutdown, readiness, dependencies), or in the
 * plugin that owns the section.
 */
const restartKeys: ReadonlySet<string> = new Set<keyof ProcessSpec>([
  'type',
  'command',
  'workingDir',
  'env',
  'os',
  'tty',
  'stdin',
  'portBase',
]);

const emptyPlan: Partial<Plan> = {};

/** What to do to get from one plan to the other; from nothing, everything is added. Two equal plans have an empty diff. */
export function diffPlans(old: Plan | undefined, next: Plan): PlanDiff {
  const before = old?.processes ?? new Map<string, ProcessSpec>();
  const names = next.order.flat();
  const kept = names.flatMap((name) => toChange(before.get(name), next.processes.get(name)));
  return {
    added: names.filter((name) => !before.has(name)),
    removed: (old?.order.flat() ?? []).toReversed().filter((name) => !next.processes.has(name)),
    changed: kept.filter((change) => change.keys.length > 0),
    unchanged: kept.filter((change) => change.keys.length === 0).map((change) => change.name),
    globalKeys: diffGlobal(old ?? emptyPlan, next),
    plugins: diffPlugins(old?.plugins ?? [], next.plugins),
  };
}

/** true: applying it would do nothing. */
export function isEmptyDiff({ added, removed, changed, globalKeys, plugins }: PlanDiff): boolean {
  return [added, removed, changed, globalKeys, plugins.added, plugins.removed, plugins.changed].every(
    (list) => list.length === 0,
  );
}

function toChange(old: ProcessSpec | undefined, next: ProcessSpec | undefined): PlanDiff['changed'] {
  if (old === undefined || next === undefined) return [];
  // Who declared it says nothing about what runs.
  const keys = changedKeys(old, next).filter((key) => key !== 'source');
  return [{ name: next.name, keys, restart: keys.some((key) => restartKeys.has(key)) }];
}

/** Keys of `global`, and the root keys beside processes that a reload applies. */
function diffGlobal(old: Partial<Plan>, next: Plan): readonly string[] {
  const roots = (['name', 'hooks', 'bundles', 'templates', 'sections'] as const).filter((key) =>
    differs(old[key], next[key]),
  );
  return [...new Set([...changedKeys(old.global ?? {}, next.global), ...(old.global === undefined ? [] : roots)])];
}

function diffPlugins(old: readonly PluginUse[], next: readonly PluginUse[]): PlanDiff['plugins'] {
  const before = new Map(old.map((plugin) => [plugin.name, plugin]));
  const after = new Set(next.map((plugin) => plugin.name));
  return {
    added: next.filter((plugin) => !before.has(plugin.name)).map((plugin) => plugin.name),
    removed: old.filter((plugin) => !after.has(plugin.name)).map((plugin) => plugin.name),
    changed: next
      .filter((plugin) => before.has(plugin.name) && differs(before.get(plugin.name)?.options, plugin.options))
      .map((plugin) => plugin.name),
  };
}

function changedKeys(old: object, next: object): readonly string[] {
  const before = new Map<string, unknown>(Object.entries(old));
  const after = new Map<string, unknown>(Object.entries(next));
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => differs(before.get(key), after.get(key)));
}

/** Where there is nothing to compare with, as at a boot, Node's comparison is not even loaded (0.5 ms). */
function differs(old: unknown, next: unknown): boolean {
  return old !== next && (old === undefined || next === undefined || !isDeepStrictEqual(old, next));
}
