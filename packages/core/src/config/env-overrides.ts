import { coreAliases } from './aliases.ts';
import type { Alias } from './aliases.ts';
import type { Diagnostic } from './diagnostic.ts';
import { emptyMap, isMap } from './layer.ts';
import type { Layer, RawMap } from './layer.ts';
import { once } from './once.ts';
import { formatPath } from './path.ts';
import type { PathSegment } from './path.ts';
import { globalEntries } from './schema/global.ts';
import { aboutOf } from './schema/leaf.ts';
import type { Entries, KeyAbout, Schema } from './schema/leaf.ts';
import { processEntries } from './schema/process.ts';
import { validateSection } from './section-values.ts';
import type { SectionOwner, SectionRegistry } from './sections.ts';
import { closest, listNames } from './suggest.ts';

export interface EnvOverrides {
  readonly layer: Layer;
  readonly diagnostics: readonly Diagnostic[];
}

interface Known {
  /** Processes that exist in the layers below: a variable is matched against these, longest name first. */
  readonly processes: readonly string[];
  readonly registry: SectionRegistry;
}

const globalPrefix = 'PM_GLOBAL_';
const processPrefix = 'PM_PROCESS_';

/**
 * Reads `PM_GLOBAL_<KEY>`, `PM_PROCESS_<NAME>_<KEY>` and `PM_PROCESS_<NAME>_ENV_<VAR>` into a layer. Names and keys are
 * written in upper case with every other character than a letter or digit as `_`; keys of nested maps are joined
 * (`SHUTDOWN_TIMEOUT`). Lists are JSON or separated by commas, maps are JSON. Every other variable is not ours and left alone.
 */
export async function readEnvOverrides(
  env: Readonly<Record<string, string | undefined>>,
  known: Known,
): Promise<EnvOverrides> {
  const reader = createReader(known);
  for (const name of Object.keys(env).toSorted()) {
    const text = env[name];
    if (text === undefined) continue;
    if (name.startsWith(globalPrefix)) await reader.readGlobal(name, text);
    else if (name.startsWith(processPrefix)) await reader.readProcess(name, text);
  }
  return reader.finish();
}

/** A key that a variable can name: its path below `global` or a process. */
interface Target {
  readonly path: readonly string[];
  readonly form: KeyAbout['form'];
  readonly section?: SectionOwner;
}

interface Reader {
  readGlobal(variable: string, text: string): Promise<void>;
  readProcess(variable: string, text: string): Promise<void>;
  finish(): EnvOverrides;
}

function createReader({ processes, registry }: Known): Reader {
  const value = emptyMap();
  const origins = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const globalTargets = once(() => addAliases(collectTargets(globalEntries(), registry.at('global')), 'global'));
  const processTargets = once(() =>
    addAliases(collectTargets(processEntries(registry), registry.at('process')), 'process'),
  );
  const names = groupByVariable(processes);

  const fail = (variable: string, message: string, hint: string): void => {
    diagnostics.push({ severity: 'error', path: '', message, hint, source: variable });
  };
  const assign = async (
    variable: string,
    text: string,
    at: { path: readonly PathSegment[]; target: Target },
  ): Promise<void> => {
    const parsed = await parseText(text, at.target);
    if (parsed === undefined) return fail(variable, 'expected JSON', 'Write a map as JSON: {"key": "value"}.');
    setAt(value, at.path, parsed.value);
    origins.set(formatPath(at.path), variable);
  };

  return {
    readGlobal: async (variable, text) => {
      const found = findTarget(variable.slice(globalPrefix.length), globalTargets());
      if (found !== undefined) return assign(variable, text, { path: ['global', ...found.path], target: found });
      fail(variable, 'no key of global has this name', suggestVariable(variable, globalPrefix, globalTargets()));
    },
    readProcess: async (variable, text) => {
      const match = matchProcess(variable.slice(processPrefix.length), names, processTargets());
      if (match.kind === 'found')
        return assign(variable, text, {
          path: ['processes', match.process, ...match.target.path],
          target: match.target,
        });
      if (match.kind === 'ambiguous')
        return fail(
          variable,
          `could mean any of ${match.names.join(', ')}`,
          'Rename one of the processes, or set the key in the file.',
        );
      if (match.kind === 'no key')
        return fail(
          variable,
          `process "${match.process}" has no such key`,
          suggestVariable(variable, match.prefix, processTargets()),
        );
      fail(variable, 'no process has this name', suggestProcess(variable, names));
    },
    finish: () => ({
      layer: {
        layer: 'env',
        from: 'environment',
        value,
        fromOf: (path) => origins.get(path) ?? firstBelow(origins, path),
      },
      diagnostics,
    }),
  };
}

function firstBelow(origins: ReadonlyMap<string, string>, path: string): string | undefined {
  for (const [at, variable] of origins) {
    if (at.startsWith(`${path}.`)) return variable;
  }
  return undefined;
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
function findTarget(rest: string, targets: ReadonlyMap<string, Target>): Target | undefined {
  const exact = targets.get(rest);
  if (exact !== undefined) return exact;
  const variable = /^ENV_(.+)$/.exec(rest)?.[1];
  return variable === undefined ? undefined : { path: ['env', variable], form: 'scalar' };
}

function groupByVariable(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
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
function matchProcess(
  rest: string,
  names: ReadonlyMap<string, readonly string[]>,
  targets: ReadonlyMap<string, Target>,
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

function suggestVariable(variable: string, prefix: string, targets: ReadonlyMap<string, Target>): string {
  const match = closest(variable.slice(prefix.length), targets.keys());
  return match === undefined
    ? `Keys are ${listNames(
        [...targets.keys()].map((key) => `${prefix}${key}`),
        8,
      )}.`
    : `Did you mean ${prefix}${match}?`;
}

function suggestProcess(variable: string, names: ReadonlyMap<string, readonly string[]>): string {
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

/** A text as the form says; undefined when JSON was needed and is broken. A wrong scalar is left to the schema to refuse. */
async function parseText(text: string, { form, section }: Target): Promise<{ readonly value: unknown } | undefined> {
  if (section !== undefined) return { value: await parseSectionText(text, section) };
  const looksLikeJson = /^\s*[[{]/.test(text);
  if (form !== 'scalar' && looksLikeJson) return parseJson(text);
  if (form === 'list')
    return {
      value: text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    };
  return form === 'map' && !isShortForm(text) ? undefined : { value: text };
}

// `RESTART_BACKOFF=5s`: maps that have a short form take one word.
function isShortForm(text: string): boolean {
  return /^[\w.-]+$/.test(text);
}

/** Only the plugin's schema knows whether `9090` is a number: the text is tried first, then what JSON makes of it. */
async function parseSectionText(text: string, section: SectionOwner): Promise<unknown> {
  const json = parseJson(text);
  if (json === undefined) return text;
  if (isMap(json.value) || Array.isArray(json.value)) return json.value;
  const asText = await validateSection(section, text);
  return asText.issues === undefined ? text : json.value;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function setAt(root: RawMap, path: readonly PathSegment[], value: unknown): void {
  let current = root;
  for (const segment of path.slice(0, -1)) {
    const next = current[segment];
    current = isMap(next) ? next : (current[segment] = emptyMap());
  }
  current[String(path.at(-1))] = value;
}
