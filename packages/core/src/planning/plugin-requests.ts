import { isMap, type RawMap } from '../config/layer.ts';
import { knownOwnerOf } from '../config/owned-keys.ts';
import { formatPath } from '../config/path.ts';
import type { SectionPlace, SectionRegistry } from '../config/sections.ts';
import type { PluginRequest } from '../plugin/resolve.ts';

/** A plugin that should be on, and the key that says so. */
export interface Wish extends PluginRequest {
  /** Where it is written: `plugins.metrics`, or the key it owns. */
  readonly path: string;
}

export interface WishContext {
  /** Names of plugins that pm carries: only these are switched on by a key alone. */
  readonly bundled: ReadonlySet<string>;
  /** Those of them that are on whatever the configuration has, unless it says `false`. */
  readonly always: readonly string[];
  readonly registry: SectionRegistry;
}

/**
 * Plugins that a configuration asks for, in its order: those under `plugins` that are not `false`, then those that are
 * always on, then bundled ones that own a key which appears and which no plugin that is on has claimed.
 */
export function toWishes(config: RawMap, context: WishContext): readonly Wish[] {
  const plugins = isMap(config['plugins']) ? config['plugins'] : {};
  const wishes = new Map<string, Wish>();
  for (const [key, options] of Object.entries(plugins)) {
    // Anything else is for the shape gate to refuse.
    if (options !== true && options !== null && !isMap(options)) continue;
    wishes.set(key, {
      key,
      options: isMap(options) ? options : undefined,
      reason: 'config',
      path: formatPath(['plugins', key]),
    });
  }
  if (context.bundled.size === 0) return [...wishes.values()];
  for (const key of context.always) {
    if (!Object.hasOwn(plugins, key))
      wishes.set(key, { key, options: undefined, reason: 'always', path: formatPath(['plugins', key]) });
  }
  for (const { path, place, key } of listKeys(config)) {
    const owner = context.registry.ownerOf(place, key) === undefined ? knownOwnerOf(path)?.plugin : undefined;
    if (owner === undefined || !context.bundled.has(owner) || Object.hasOwn(plugins, owner) || wishes.has(owner))
      continue;
    wishes.set(owner, { key: owner, options: undefined, reason: 'owned-key', path });
  }
  return [...wishes.values()];
}

/** Could one layer ask for a plugin that was not wished for yet? Most configurations never do, and need not be merged to know. */
export function mayWish(layer: RawMap, wished: ReadonlySet<string>, context: WishContext): boolean {
  // A list of plugins becomes a map only when layers are folded.
  return Array.isArray(layer['plugins']) || toWishes(layer, context).some(({ key }) => !wished.has(key));
}

interface Key {
  readonly path: string;
  readonly place: SectionPlace;
  readonly key: string;
}

/** Every key at a place where plugins may own some. The same key in a thousand processes is listed once. */
function listKeys(config: RawMap): readonly Key[] {
  const found = new Map<string, Key>();
  const add = (map: unknown, place: SectionPlace, at: readonly string[]): void => {
    for (const key of isMap(map) ? Object.keys(map) : []) {
      const id = `${place} ${key}`;
      if (!found.has(id)) found.set(id, { place, key, path: formatPath([...at, key]) });
    }
  };
  add(config, 'root', []);
  add(config['global'], 'global', ['global']);
  for (const root of ['processes', 'templates']) {
    for (const [name, process] of Object.entries(isMap(config[root]) ? config[root] : {})) {
      add(process, 'process', [root, name]);
      if (isMap(process)) add(process['logging'], 'logging', [root, name, 'logging']);
    }
  }
  return [...found.values()];
}
