import type { StandardSchemaV1 } from '@standard-schema/spec';
import { PluginError } from '../errors.ts';
import type { MergeRules } from './layer.ts';
import { parsePath } from './path.ts';

/** Where a plugin's key lives: at the root, under `global`, in each process, or in each process's `logging`. */
export type SectionPlace = 'root' | 'global' | 'process' | 'logging';

/** One configuration key that a plugin owns. */
export interface SectionOwner {
  readonly plugin: string;
  readonly place: SectionPlace;
  readonly key: string;
  /** Sync or async. What it returns is the parsed section. */
  readonly schema: StandardSchemaV1;
  /** Joins the values of two layers; without it maps merge and everything else replaces. */
  readonly merge?: (lower: unknown, higher: unknown) => unknown;
  /** Other spellings of the key at the same place. Writing two of them is an error. */
  readonly aliases?: readonly string[];
}

export interface SectionRegistry {
  /** The owner of a key or of one of its aliases. */
  ownerOf(place: SectionPlace, key: string): SectionOwner | undefined;
  /** Owners of one place, in the order they were given. */
  at(place: SectionPlace): readonly SectionOwner[];
  /** How layers merge at the sections that said so. */
  readonly rules: MergeRules;
}

/** Throws PluginError naming both plugins when two own the same key at the same place. */
export function createSectionRegistry(owners: readonly SectionOwner[]): SectionRegistry {
  const byKey = new Map<string, SectionOwner>();
  for (const owner of owners) {
    for (const key of [owner.key, ...(owner.aliases ?? [])]) claimKey(byKey, owner, key);
  }
  const ownerOf = (place: SectionPlace, key: string): SectionOwner | undefined => byKey.get(`${place} ${key}`);
  return {
    ownerOf,
    at: (place) => owners.filter((owner) => owner.place === place),
    rules: { mergeAt: (path) => findByPath(path, ownerOf)?.merge },
  };
}

function claimKey(byKey: Map<string, SectionOwner>, owner: SectionOwner, key: string): void {
  const id = `${owner.place} ${key}`;
  const holder = byKey.get(id);
  if (holder !== undefined) throw collision(holder, owner, key);
  byKey.set(id, owner);
}

function collision(holder: SectionOwner, owner: SectionOwner, key: string): PluginError {
  return new PluginError(
    'PM_PLUGIN_INVALID',
    `plugins "${holder.plugin}" and "${owner.plugin}" both own the key "${key}" (${describePlace(owner.place)})`,
    { plugin: owner.plugin, hook: 'sections' },
    { hint: `Use one of them: set "${owner.plugin}: false" or "${holder.plugin}: false" under plugins.` },
  );
}

/** The place in words, for messages. */
export function describePlace(place: SectionPlace): string {
  return { root: 'at the root', global: 'under global', process: 'in a process', logging: "in a process's logging" }[
    place
  ];
}

function findByPath(path: string, ownerOf: SectionRegistry['ownerOf']): SectionOwner | undefined {
  const found = placeOf(path);
  return found === undefined ? undefined : ownerOf(found.place, found.key);
}

/** Which place the key at a path belongs to; undefined below or beside the places sections can be at. */
export function placeOf(path: string): { place: SectionPlace; key: string } | undefined {
  const segments = parsePath(path);
  const [root, , third] = segments;
  const key = segments.at(-1);
  if (typeof key !== 'string') return undefined;
  if (segments.length === 1) return { place: 'root', key };
  if (segments.length === 2 && root === 'global') return { place: 'global', key };
  if (root !== 'processes' && root !== 'templates') return undefined;
  if (segments.length === 3) return { place: 'process', key };
  return segments.length === 4 && third === 'logging' ? { place: 'logging', key } : undefined;
}
