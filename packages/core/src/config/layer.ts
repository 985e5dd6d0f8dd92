import type { Provenance } from '../plan/spec.ts';
import type { Position } from './diagnostic.ts';
import { joinPath, parentPath } from './path.ts';

/** A map of configuration keys, before anything is known about its shape. */
export type RawMap = Record<string, unknown>;

/** Which half of a map's entry a position is of: an unknown key is shown at the key, a wrong value at the value. */
export type EntryPart = 'key' | 'value';

/** One source of configuration: a file, a profile, a plugin, the environment, flags. */
export interface Layer {
  readonly layer: Provenance['layer'];
  /** Plugin name, file path or variable name. */
  readonly from: string;
  readonly value: RawMap;
  /** Where the entry at a path stands in its source. */
  positionOf?(path: string, part?: EntryPart): Position | undefined;
  /** The author's own words about a value, for `pm plan --explain`. */
  note?(path: string): string | undefined;
  /** For layers made of many small sources (environment variables, flags): which one set the path. */
  fromOf?(path: string): string | undefined;
}

export interface MergeRules {
  /** Joins two values at a path where maps would merge and everything else replace. */
  mergeAt?(path: string): ((lower: unknown, higher: unknown) => unknown) | undefined;
}

export interface Merged {
  readonly value: RawMap;
  /** Every leaf (a scalar, a list, an empty map) and who set it. */
  readonly provenance: ReadonlyMap<string, Provenance>;
  /** The place of an entry, or of the nearest one above it; undefined when its source has no lines (environment, plugins). */
  positionOf(path: string, part?: EntryPart): Position | undefined;
  /** Who set an entry, or the nearest one above it. */
  sourceOf(path: string): Provenance | undefined;
  /** Texts of `value` that hold what `${file:…}` read: they are not for showing. Absent before variables are expanded. */
  readonly secrets?: ReadonlySet<string>;
}

const precedence: Readonly<Record<Provenance['layer'], number>> = {
  default: 0,
  plugin: 1,
  extends: 2,
  file: 3,
  profile: 4,
  env: 5,
  flag: 6,
  dynamic: 7,
};

/**
 * Merges layers: maps merge key by key, everything else (lists too) replaces, and `null` takes away what lies below it.
 * Precedence is that of the kinds (plugin < extends < file < profile < env < flag), then the order given, last wins.
 * The inputs are not changed; maps of the result are new.
 */
export function mergeLayers(layers: readonly Layer[], rules: MergeRules = {}): Merged {
  const ordered = layers.toSorted((a, b) => precedence[a.layer] - precedence[b.layer]);
  const owners: Owners = new Map();
  let value = emptyMap();
  for (const layer of ordered) value = mergeMap(value, layer.value, '', { layer, owners, rules });
  return toMerged(value, owners);
}

/** Per path the layers that made the value there, lowest first: one for a leaf, all that took part for a map. */
type Owners = Map<string, readonly Layer[]>;

interface MergeStep {
  readonly layer: Layer;
  readonly owners: Owners;
  readonly rules: MergeRules;
}

function mergeMap(lower: RawMap, higher: RawMap, path: string, step: MergeStep): RawMap {
  const result = Object.assign(emptyMap(), lower);
  for (const key of Object.keys(higher)) {
    if (higher[key] !== undefined) mergeKey(result, key, higher[key], { path: joinPath(path, key), step });
  }
  return result;
}

function mergeKey(target: RawMap, key: string, higher: unknown, at: { path: string; step: MergeStep }): void {
  const { path, step } = at;
  const lower = target[key];
  const before = step.owners.get(path);
  const joined = isMap(lower) && isMap(higher) ? (before ?? []) : [];
  step.owners.set(path, [...joined, step.layer]);
  // A null with nothing below stays: an empty `web:` is a process without a command, not an absent one.
  if (higher === null && before !== undefined) delete target[key];
  else target[key] = mergeValue(lower, higher, path, step);
}

function mergeValue(lower: unknown, higher: unknown, path: string, step: MergeStep): unknown {
  const custom = lower === undefined || lower === null ? undefined : step.rules.mergeAt?.(path);
  if (custom !== undefined) return custom(lower, higher);
  if (isMap(higher)) return mergeMap(isMap(lower) ? lower : emptyMap(), higher, path, step);
  return higher;
}

function toMerged(value: RawMap, owners: Owners): Merged {
  let provenance: ReadonlyMap<string, Provenance> | undefined;
  return {
    value,
    // Lazily: a boot that explains nothing does not pay for the line numbers of every key.
    get provenance(): ReadonlyMap<string, Provenance> {
      return (provenance ??= collectProvenance(value, owners));
    },
    positionOf: (path, part) => findPosition(owners, path, part),
    sourceOf: (path) => findSource(owners, path),
  };
}

function findPosition(owners: Owners, path: string, part?: EntryPart): Position | undefined {
  const at = nearestOwned(owners, path);
  for (const layer of (owners.get(at) ?? []).toReversed()) {
    const position = layer.positionOf?.(path, part) ?? layer.positionOf?.(at, part);
    if (position !== undefined) return position;
  }
  return undefined;
}

function findSource(owners: Owners, path: string): Provenance | undefined {
  const at = nearestOwned(owners, path);
  const owner = owners.get(at)?.at(-1);
  return owner === undefined ? undefined : toProvenance(owner, path, at);
}

function nearestOwned(owners: Owners, path: string): string {
  let at = path;
  while (at !== '' && !owners.has(at)) at = parentPath(at);
  return at;
}

function collectProvenance(value: RawMap, owners: Owners): ReadonlyMap<string, Provenance> {
  const found = new Map<string, Provenance>();
  const visit = (current: unknown, path: string): void => {
    if (isMap(current) && Object.keys(current).length > 0) {
      for (const key of Object.keys(current)) visit(current[key], joinPath(path, key));
      return;
    }
    const source = findSource(owners, path);
    if (source !== undefined) found.set(path, source);
  };
  visit(value, '');
  return found;
}

function toProvenance(owner: Layer, path: string, ownedPath: string): Provenance {
  const position = owner.positionOf?.(path) ?? owner.positionOf?.(ownedPath);
  const note = owner.note?.(path);
  return {
    layer: owner.layer,
    from: owner.fromOf?.(path) ?? owner.fromOf?.(ownedPath) ?? owner.from,
    ...(position === undefined ? {} : { line: position.line, column: position.column }),
    ...(note === undefined ? {} : { note }),
  };
}

/** True for a plain map of keys: not a list, not null, not an object of a class. */
export function isMap(value: unknown): value is RawMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A map without a prototype: the keys `__proto__` and `constructor` are keys like any other. */
export function emptyMap(): RawMap {
  return Object.create(null) as RawMap;
}
