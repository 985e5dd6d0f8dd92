import { coreAliases } from './aliases.ts';
import { knownKeysAt, knownOwnerOf, knownPlugins } from './owned-keys.ts';
import { formatPath, parsePath } from './path.ts';
import type { PathSegment } from './path.ts';
import { aboutOf, toIssueText } from './schema/leaf.ts';
import type { Schema } from './schema/leaf.ts';
import { rootEntries } from './schema/root.ts';
import { structureOf } from './schema/structure.ts';
import type { Entries } from './schema/leaf.ts';
import { placeOf } from './sections.ts';
import type { SectionRegistry } from './sections.ts';
import { closest, listNames } from './suggest.ts';

/** Keys that only `load` reads, because they decide which layers there are. */
const loaderKeys = ['extends', 'profiles'];

/**
 * Why the key at a path is not known, and what was probably meant: a plugin that is missing, a misspelling, a key of
 * another place, or what would be allowed here.
 */
export function explainUnknownKey(path: string, registry: SectionRegistry): string {
  const segments = parsePath(path);
  const key = String(segments.at(-1));
  const owner = knownOwnerOf(path);
  if (owner !== undefined) {
    return toIssueText(
      `"${key}" belongs to plugin ${owner.plugin}, which is not installed or switched off`,
      `Install ${owner.package} (or remove "${owner.plugin}: false" under plugins), or remove the key.`,
    );
  }
  return toIssueText(`unknown key "${key}"`, suggestKey(key, segments, registry));
}

function suggestKey(key: string, segments: readonly PathSegment[], registry: SectionRegistry): string {
  if (segments.length === 1 && knownPlugins.includes(key)) return `Plugins stand under "plugins": {${key}: …}.`;
  const allowed = allowedKeys(segments.slice(0, -1), registry);
  const match = closest(key, allowed);
  if (match !== undefined) return `Did you mean "${match}"?`;
  const home = findHome(key, segments, registry);
  if (home !== undefined) return `"${key}" belongs under ${home}.`;
  return `Allowed here: ${listNames(allowed, 40)}.`;
}

/** Every key that may stand in the map at a path. */
export function allowedKeys(at: readonly PathSegment[], registry: SectionRegistry): string[] {
  const entries = entriesAt(at, registry);
  const place = placeOf(formatPath([...at, 'key']))?.place;
  const aliases = coreAliases.filter((alias) => at.at(-1) === alias.place).map((alias) => alias.from);
  const owned = place === undefined ? [] : registry.at(place).flatMap((owner) => [owner.key, ...(owner.aliases ?? [])]);
  const known = place === undefined ? [] : knownKeysAt(place);
  const loader = at.length === 0 ? loaderKeys : [];
  return [...Object.keys(entries).filter((it) => it !== '$schema'), ...loader, ...owned, ...known, ...aliases];
}

/** Follows a path down the schema; free names (processes, variables) take any segment. */
function entriesAt(at: readonly PathSegment[], registry: SectionRegistry): Entries {
  let candidates: readonly (Schema<unknown> | Entries)[] = [rootOf(registry)];
  for (const segment of at) candidates = candidates.flatMap((it) => stepInto(it, segment));
  return Object.assign({}, ...candidates.map(toEntries)) as Entries;
}

const roots = new WeakMap<SectionRegistry, Entries>();

function rootOf(registry: SectionRegistry): Entries {
  const root = roots.get(registry) ?? rootEntries(registry, false);
  roots.set(registry, root);
  return root;
}

function stepInto(part: Schema<unknown> | Entries, segment: PathSegment): (Schema<unknown> | Entries)[] {
  const parts = isSchema(part) ? structureOf(part) : part;
  if (parts === undefined) return [];
  if (isSchema(parts)) return [parts];
  if (isAlternatives(parts)) return parts.flatMap((it) => stepInto(it, segment));
  const next = parts[segment];
  return next === undefined ? [] : [next];
}

function toEntries(part: Schema<unknown> | Entries): Entries {
  const parts = isSchema(part) ? structureOf(part) : part;
  if (parts === undefined || isSchema(parts)) return {};
  return isAlternatives(parts) ? (Object.assign({}, ...parts.map(toEntries)) as Entries) : parts;
}

function isSchema(part: object): part is Schema<unknown> {
  return 'kind' in part && part.kind === 'schema';
}

function isAlternatives(parts: object): parts is readonly Schema<unknown>[] {
  return Array.isArray(parts);
}

/** A map that would take the key, seen from where it stands: below it, beside it, or above it. */
function findHome(key: string, segments: readonly PathSegment[], registry: SectionRegistry): string | undefined {
  const here = segments.slice(0, -1);
  const nearby = [...subMaps(here, registry), ...parents(here), ['global'], ['processes', 'NAME']];
  const home = nearby.find((at) => allowedKeys(at, registry).includes(key));
  if (home === undefined) return undefined;
  return home.length === 0 ? 'the root' : formatPath(home);
}

function subMaps(at: readonly PathSegment[], registry: SectionRegistry): PathSegment[][] {
  return Object.entries(entriesAt(at, registry))
    .filter(([, schema]) => aboutOf(schema)?.form === 'map')
    .map(([key]) => [...at, key]);
}

function parents(at: readonly PathSegment[]): PathSegment[][] {
  return at.map((_, index) => at.slice(0, at.length - 1 - index)).filter((it) => it.length !== 1 || it[0] === 'global');
}
