import { PluginError } from '../errors.ts';
import { toStage } from '../hooks/stages.ts';
import type { PluginDefinition } from './plugin.ts';

type Ordered = Pick<PluginDefinition, 'name' | 'requires' | 'after' | 'stage'>;

/**
 * The order in which plugins are set up and called: what a plugin requires or comes after stands before it; what
 * that leaves open is decided by stage, then by the order given. Throws PluginError for a requirement that is not
 * on, naming both, and for a cycle, printing it.
 */
export function orderPlugins<T extends Ordered>(plugins: readonly T[]): readonly T[] {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  for (const plugin of plugins) checkRequired(plugin, byName);
  const waiting = plugins.toSorted((a, b) => toStage(a.stage) - toStage(b.stage));
  const ordered: T[] = [];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ name }) => name));
    const index = waiting.findIndex((plugin) => !predecessors(plugin).some((name) => names.has(name)));
    if (index === -1) throw toCycleError(waiting);
    ordered.push(...waiting.splice(index, 1));
  }
  return ordered;
}

/** Plugins that need one of `changed`, directly or through others: they are set up again with it. */
export function findDependents(plugins: readonly Ordered[], changed: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { name, requires = [] } of plugins) {
      if (!changed.has(name) && requires.some((other) => changed.has(other) || found.has(other))) found.add(name);
    }
  }
  return found;
}

function predecessors({ requires = [], after = [] }: Ordered): readonly string[] {
  return [...requires, ...after];
}

function checkRequired({ name, requires = [] }: Ordered, byName: ReadonlyMap<string, Ordered>): void {
  const missing = requires.find((other) => !byName.has(other));
  if (missing === undefined) return;
  throw new PluginError(
    'PM_PLUGIN_INVALID',
    `plugin "${name}" requires plugin "${missing}", which is not on`,
    { plugin: name, hook: 'requires' },
    {
      hint: `Add "${missing}" under plugins, or remove "${name}".`,
    },
  );
}

/** Every plugin left waits for another one left: following the waits from any of them must come around. */
function toCycleError(waiting: readonly Ordered[]): PluginError {
  const byName = new Map(waiting.map((plugin) => [plugin.name, plugin]));
  const path: string[] = [];
  let at = waiting[0]!;
  while (!path.includes(at.name)) {
    path.push(at.name);
    at = byName.get(predecessors(at).find((name) => byName.has(name))!)!;
  }
  const cycle = [...path.slice(path.indexOf(at.name)), at.name];
  return new PluginError(
    'PM_PLUGIN_INVALID',
    `plugins wait for each other: ${cycle.join(' → ')}`,
    { plugin: at.name, hook: 'after' },
    {
      hint: 'Take one of them out of "requires" or "after".',
    },
  );
}
