import type { Diagnostic } from './diagnostic.ts';
import { emptyMap, isMap } from './layer.ts';
import type { Layer, RawMap } from './layer.ts';
import { formatPath, parsePath } from './path.ts';
import type { PathSegment } from './path.ts';
import type { SectionRegistry } from './sections.ts';

/** Another spelling of a key: `from` stands in the map at a place, `to` is its home below the same map. */
export interface Alias {
  readonly place: 'root' | 'global' | 'process' | 'logging' | 'hooks';
  readonly from: string;
  readonly to: readonly [string, ...string[]];
}

const dashedHooks = ['pre_start', 'post_start', 'pre_stop', 'post_stop'].map((name): Alias => ({
  place: 'hooks',
  from: name.replace('_', '-'),
  to: [name],
}));

/** Spellings of core's own keys, most of them PHPeek PM's. */
export const coreAliases: readonly Alias[] = [
  ...dashedHooks,
  ...(['global', 'process'] as const).flatMap((place): Alias[] => [
    { place, from: 'restart_backoff_initial', to: ['restart_backoff', 'initial'] },
    { place, from: 'restart_backoff_max', to: ['restart_backoff', 'max'] },
  ]),
  { place: 'process', from: 'stdout', to: ['logging', 'stdout'] },
  { place: 'process', from: 'stderr', to: ['logging', 'stderr'] },
];

export interface Folded {
  readonly layer: Layer;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Rewrites one layer so that every key stands in its home: layers that spell a key differently then merge by precedence.
 * Short forms that would keep maps from merging (`restart_backoff: 5`, a list of plugins) become maps.
 * Two spellings of one key in one layer are an error. Positions keep pointing at what was written.
 */
export function foldAliases(layer: Layer, registry: SectionRegistry): Folded {
  const fold: Fold = { moved: new Map(), diagnostics: [], layer };
  const value = foldRoot(layer.value, fold, toAliases(registry));
  const moved = fold.moved;
  if (moved.size === 0) return { layer: { ...layer, value }, diagnostics: fold.diagnostics };
  return { layer: withMovedPaths({ ...layer, value }, moved), diagnostics: fold.diagnostics };
}

interface Fold {
  /** New path → the path it was written at. */
  readonly moved: Map<string, string>;
  readonly diagnostics: Diagnostic[];
  readonly layer: Layer;
}

type AliasesOf = (place: Alias['place']) => readonly Alias[];

function toAliases(registry: SectionRegistry): AliasesOf {
  const sections = (['root', 'global', 'process', 'logging'] as const).flatMap((place) =>
    registry
      .at(place)
      .flatMap((owner) => (owner.aliases ?? []).map((from): Alias => ({ place, from, to: [owner.key] }))),
  );
  const all = [...coreAliases, ...sections];
  return (place) => all.filter((alias) => alias.place === place);
}

function foldRoot(root: RawMap, fold: Fold, aliases: AliasesOf): RawMap {
  const result = foldMap(root, [], { fold, aliases: aliases('root') });
  change(result, 'global', (value) => foldRestart(value, ['global'], { fold, aliases: aliases('global') }));
  change(result, 'hooks', (value) => foldMap(value, ['hooks'], { fold, aliases: aliases('hooks') }));
  for (const key of ['processes', 'templates']) {
    change(result, key, (value) =>
      mapValues(value, (process, name) => foldProcess(process, [key, name], { fold, aliases })),
    );
  }
  if (Array.isArray(result['plugins'])) result['plugins'] = foldPlugins(result['plugins'], fold);
  return result;
}

function foldProcess(
  process: RawMap,
  at: PathSegment[],
  { fold, aliases }: { fold: Fold; aliases: AliasesOf },
): RawMap {
  const result = foldRestart(process, at, { fold, aliases: aliases('process') });
  change(result, 'hooks', (value) => foldMap(value, [...at, 'hooks'], { fold, aliases: aliases('hooks') }));
  change(result, 'logging', (value) => foldMap(value, [...at, 'logging'], { fold, aliases: aliases('logging') }));
  return result;
}

interface MapFold {
  readonly fold: Fold;
  readonly aliases: readonly Alias[];
}

function foldRestart(value: RawMap, at: PathSegment[], context: MapFold): RawMap {
  const short = value['restart_backoff'];
  if (short === undefined || short === null || isMap(short)) return foldMap(value, at, context);
  context.fold.moved.set(formatPath([...at, 'restart_backoff', 'initial']), formatPath([...at, 'restart_backoff']));
  return foldMap({ ...value, restart_backoff: { initial: short } }, at, context);
}

function foldMap(value: RawMap, at: PathSegment[], { fold, aliases }: MapFold): RawMap {
  const result = Object.assign(emptyMap(), value);
  for (const alias of aliases) {
    if (Object.hasOwn(result, alias.from)) moveKey(result, alias, at, fold);
  }
  return result;
}

function moveKey(map: RawMap, { from, to }: Alias, at: readonly PathSegment[], fold: Fold): void {
  const value = map[from];
  delete map[from];
  const home = openHome(map, to.slice(0, -1));
  const key = to.at(-1) ?? from;
  const [written, moved] = [formatPath([...at, from]), formatPath([...at, ...to])];
  if (home === undefined || Object.hasOwn(home, key)) fold.diagnostics.push(toConflict(written, moved, fold.layer));
  else home[key] = value;
  if (!fold.moved.has(moved)) fold.moved.set(moved, written);
}

/** The map that holds an alias's home, made (or copied, so that the input stays as it is) on the way; undefined when something else stands there. */
function openHome(map: RawMap, keys: readonly string[]): RawMap | undefined {
  let current = map;
  for (const key of keys) {
    const next = current[key] ?? emptyMap();
    if (!isMap(next)) return undefined;
    current = current[key] = Object.assign(emptyMap(), next);
  }
  return current;
}

function toConflict(written: string, home: string, layer: Layer): Diagnostic {
  const position = layer.positionOf?.(written, 'key');
  return {
    severity: 'error',
    path: written,
    message: `says the same as ${home}, which is written too`,
    hint: `Keep one of them; "${home}" is the name in the documentation.`,
    ...(position === undefined ? { source: layer.from } : { position }),
  };
}

/** A list of plugins as a map, so that layers can add to it. A list that is no list of plugins stays, for the schema to refuse. */
function foldPlugins(list: readonly unknown[], fold: Fold): unknown {
  const result = emptyMap();
  for (const [index, item] of list.entries()) {
    const [name, options, ...others] = isMap(item) ? Object.entries(item).flat() : [item, true];
    if (typeof name !== 'string' || others.length > 0) return list;
    result[name] = options;
    fold.moved.set(formatPath(['plugins', name]), formatPath(['plugins', index]));
  }
  return result;
}

function withMovedPaths(layer: Layer, moved: ReadonlyMap<string, string>): Layer {
  const back = (path: string): string => toWrittenPath(path, moved);
  const { positionOf, note, fromOf } = layer;
  return {
    ...layer,
    ...(positionOf === undefined ? {} : { positionOf: (path, part) => positionOf(back(path), part) }),
    ...(note === undefined ? {} : { note: (path) => note(back(path)) }),
    ...(fromOf === undefined ? {} : { fromOf: (path) => fromOf(back(path)) }),
  };
}

function toWrittenPath(path: string, moved: ReadonlyMap<string, string>): string {
  const segments = parsePath(path);
  for (let length = segments.length; length > 0; length--) {
    const written = moved.get(formatPath(segments.slice(0, length)));
    if (written !== undefined) return formatPath([...parsePath(written), ...segments.slice(length)]);
  }
  return path;
}

function change(map: RawMap, key: string, update: (value: RawMap) => RawMap): void {
  const value = map[key];
  if (isMap(value)) map[key] = update(value);
}

function mapValues(map: RawMap, update: (value: RawMap, key: string) => RawMap): RawMap {
  const result = emptyMap();
  for (const [key, value] of Object.entries(map)) result[key] = isMap(value) ? update(value, key) : value;
  return result;
}
