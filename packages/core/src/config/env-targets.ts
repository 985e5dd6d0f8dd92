import { coreAliases } from './aliases.ts';
import type { Alias } from './aliases.ts';
import { globalEntries } from './schema/global.ts';
import { aboutOf } from './schema/leaf.ts';
import type { Entries, KeyAbout, Schema } from './schema/leaf.ts';
import { processEntries } from './schema/process.ts';
import type { SectionOwner, SectionRegistry } from './sections.ts';
import { closest, listNames } from './suggest.ts';

export const globalPrefix = 'PM_GLOBAL_';
export const processPrefix = 'PM_PROCESS_';

/** A key that a variable can name: its path below `global` or a process. */
export interface Target {
  readonly path: readonly string[];
  readonly form: KeyAbout['form'];
  readonly section?: SectionOwner;
}

export type Targets = ReadonlyMap<string, Target>;

/** Keys of `global` by their spelling in a variable. */
export function collectGlobalTargets(registry: SectionRegistry): Targets {
  return addAliases(collectTargets(globalEntries(), registry.at('global')), 'global');
}

/** Keys of a process by their spelling in a variable. */
export function collectProcessTargets(registry: SectionRegistry): Targets {
  return addAliases(collectTargets(processEntries(registry), registry.at('process')), 'process');
}

/** Every key with its spelling in a variable; keys of nested maps are joined with their parent's. */
function collectTargets(
  entries: Entries,
  sections: readonly SectionOwner[],
  parent: readonly string[] = [],
): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const [key, schema] of Object.entries(entries)) {
    const path = [...parent, key];
    targets.set(toVariable(path.join('_')), { path, form: aboutOf(schema)?.form ?? 'scalar' });
    for (const [name, target] of collectTargets(entriesOf(schema), [], path)) targets.set(name, target);
  }
  for (const section of sections) {
    for (const key of [section.key, ...(section.aliases ?? [])])
      targets.set(toVariable(key), { path: [section.key], form: 'scalar', section });
  }
  return targets;
}

/** The keys of a map, also where it is one of several forms; free names have none. */
function entriesOf(schema: Schema<unknown>): Entries {
  const { kind, parts } = aboutOf(schema)?.composition ?? {};
  if (kind === 'map') return parts as Entries;
  return kind === 'choice'
    ? (Object.assign({}, ...(parts as readonly Schema<unknown>[]).map(entriesOf)) as Entries)
    : {};
}

/** Aliases of core: `STDOUT` is `logging.stdout`. */
function addAliases(targets: Map<string, Target>, place: Alias['place']): Map<string, Target> {
  for (const { from, to } of coreAliases.filter((alias) => alias.place === place)) {
    const home = targets.get(toVariable(to.join('_')));
    if (home !== undefined) targets.set(toVariable(from), home);
  }
  return targets;
}

function toVariable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** `ENV_FOO` is a variable by its own name; everything else is a key. */
export function findTarget(rest: string, targets: Targets): Target | undefined {
  const exact = targets.get(rest);
  if (exact !== undefined) return exact;
  const variable = /^ENV_(.+)$/.exec(rest)?.[1];
  return variable === undefined ? undefined : { path: ['env', variable], form: 'scalar' };
}

export function groupByVariable(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const variable = toVariable(name);
    groups.set(variable, [...(groups.get(variable) ?? []), name]);
  }
  return groups;
}

type ProcessMatch =
  | { readonly kind: 'found'; readonly process: string; readonly target: Target }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  | { readonly kind: 'no key'; readonly process: string; readonly prefix: string }
  | { readonly kind: 'no process' };

/** The longest known name wins; a shorter one is tried when the longest has no such key (`queue` + `DEFAULT_…`). */
export function matchProcess(
  rest: string,
  names: ReadonlyMap<string, readonly string[]>,
  targets: Targets,
): ProcessMatch {
  const candidates = [...names]
    .filter(([variable]) => rest.startsWith(`${variable}_`))
    .toSorted(([a], [b]) => b.length - a.length);
  for (const [variable, processes] of candidates) {
    const target = findTarget(rest.slice(variable.length + 1), targets);
    const [process, ...others] = processes;
    if (target === undefined || process === undefined) continue;
    return others.length > 0 ? { kind: 'ambiguous', names: processes } : { kind: 'found', process, target };
  }
  const [nearest] = candidates;
  if (nearest === undefined) return { kind: 'no process' };
  return { kind: 'no key', process: nearest[1][0] ?? '', prefix: `${processPrefix}${nearest[0]}_` };
}

export function suggestVariable(variable: string, prefix: string, targets: Targets): string {
  const match = closest(variable.slice(prefix.length), targets.keys());
  return match === undefined
    ? `Keys are ${listNames(
        [...targets.keys()].map((key) => `${prefix}${key}`),
        8,
      )}.`
    : `Did you mean ${prefix}${match}?`;
}

export function suggestProcess(variable: string, names: ReadonlyMap<string, readonly string[]>): string {
  if (names.size === 0) return 'The configuration has no processes.';
  const prefixes = [...names.keys()].map((name) => `${processPrefix}${name}_`);
  const match = closest(
    variable.split('_').slice(0, 3).join('_'),
    prefixes.map((prefix) => prefix.slice(0, -1)),
  );
  return match === undefined
    ? `Known are ${listNames(
        prefixes.map((prefix) => `${prefix}…`),
        8,
      )}.`
    : `Did you mean ${match}_…?`;
}
