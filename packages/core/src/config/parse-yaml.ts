import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Diagnostic, Position } from './diagnostic.ts';
import { emptyMap, isMap as isPlainMap } from './layer.ts';
import type { EntryPart, RawMap } from './layer.ts';
import { syntaxError, toUnparsed } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { joinPath } from './path.ts';
import { quoteStar, toYamlDiagnostics } from './yaml-problems.ts';

/** Nodes that aliases may add: nine levels of nine references would be 400 million. */
const mostAliasedNodes = 50_000;
const deepest = 64;
const tooDeep = `is nested deeper than ${deepest} levels`;

/** Below these keys a plain number or boolean is text: `1.10` stays `1.10`, `022` stays `022`. */
export const textKeys: ReadonlySet<string> = new Set([
  'env',
  'labels',
  'command',
  'stop_command',
  'reload_command',
  'umask',
]);

/** Directly below these a key is a name somebody chose: a process may be called "env". */
const nameMaps: ReadonlySet<string> = new Set(['processes', 'templates', 'plugins', 'bundles', 'profiles']);

/** Parses YAML 1.2 (and with it JSON) into plain data with positions. Merge keys (`<<`) work; tags and other documents do not. */
export function parseYaml(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const toPosition = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseSafely(text, lines);
  if (document === undefined) return toUnparsed([syntaxError({ file, line: 1, column: 1 }, tooDeep)]);
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) return toUnparsed(toYamlDiagnostics(problems, text, toPosition));
  const walk: Walk = {
    toPosition,
    places: new Map(),
    anchors: new Map(),
    open: new Set(),
    diagnostics: [],
    aliased: 0,
  };
  const value =
    document.contents === null ? undefined : toValue(document.contents, { path: '', depth: 0, isText: false }, walk);
  if (walk.diagnostics.length > 0) return toUnparsed(walk.diagnostics);
  return {
    value: isEmptyRoot(value) ? undefined : value,
    diagnostics: [],
    positionOf: (path, part) => findPlace(walk, path, part),
  };
}

function isEmptyRoot(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

const endlessNesting = new RegExp(`(?:[[{] ?|[-?] ){${deepest + 1}}`);

// The parser recurses, and takes seconds to find out that a megabyte of "[" overflows its stack. Its own check for keys
// written twice compares each with each; ours is in `toMap`.
function parseSafely(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  if (endlessNesting.test(text)) return undefined;
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
      logLevel: 'error',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Offsets of an entry; a list item has no key. */
interface Place {
  readonly key?: number;
  readonly value: number;
  readonly isScalar: boolean;
}

interface Walk {
  readonly toPosition: (offset: number) => Position;
  readonly places: Map<string, Place>;
  readonly anchors: Map<string, Node>;
  /** Nodes being expanded: an alias to one of them would never end. */
  readonly open: Set<Node>;
  readonly diagnostics: Diagnostic[];
  aliased: number;
}

interface Spot {
  readonly path: string;
  readonly depth: number;
  /** Below a key whose values are texts. */
  readonly isText: boolean;
  /** The key this stands at. */
  readonly name?: string;
  readonly isAliased?: boolean;
  readonly key?: number;
}

function toValue(node: Node | ParsedNode, spot: Spot, walk: Walk): unknown {
  if (node.range != null && spot.isAliased !== true) recordPlace(node, spot, walk);
  if (isAlias(node)) return toAliased(node.source, node.range?.[0] ?? 0, spot, walk);
  if ('anchor' in node && typeof node.anchor === 'string') walk.anchors.set(node.anchor, node);
  if (spot.isAliased === true && ++walk.aliased > mostAliasedNodes) return failOnAliases(node, walk);
  if (spot.depth > deepest) return fail(node, walk, tooDeep);
  if (isScalar(node)) return toScalar(node, spot);
  walk.open.add(node);
  const value = isMap(node) ? toMap(node, spot, walk) : isSeq(node) ? toList(node, spot, walk) : undefined;
  walk.open.delete(node);
  return value;
}

function toScalar(node: Scalar, spot: Spot): unknown {
  const { value, source } = node;
  const isWritten = spot.isText && (typeof value === 'number' || typeof value === 'boolean');
  return isWritten ? (source ?? String(value)) : value;
}

function toTwice(name: string, position: Position, first: Position): Diagnostic {
  return syntaxError(
    position,
    `the key ${JSON.stringify(name)} is written twice in one map`,
    `It stands in line ${first.line} already: join them, or rename one.`,
  );
}

function toMap(node: YAMLMap, spot: Spot, walk: Walk): RawMap {
  const result = emptyMap();
  const written = new Map<string, number>();
  for (const pair of node.items as Pair<Scalar, Node | null>[]) {
    const name = (pair.key.value ?? '') as string;
    const key = pair.key.range?.[0] ?? 0;
    const first = written.get(name);
    if (first === undefined) written.set(name, key);
    else walk.diagnostics.push(toTwice(name, walk.toPosition(key), walk.toPosition(first)));
    const child: Spot = {
      path: joinPath(spot.path, name),
      depth: spot.depth + 1,
      isText: spot.isText || (textKeys.has(name) && !nameMaps.has(spot.name ?? '')),
      name,
      key,
      ...(spot.isAliased === true ? { isAliased: true } : {}),
    };
    if (name === '<<' && pair.value !== null) mergeInto(result, pair.value, spot, walk);
    else result[name] = pair.value === null ? null : toValue(pair.value, child, walk);
  }
  return result;
}

/** A merge key: what is written beside it wins, whatever the order. */
function mergeInto(result: RawMap, node: Node, spot: Spot, walk: Walk): void {
  const merged = toValue(node, { ...spot, path: joinPath(spot.path, '<<'), depth: spot.depth + 1 }, walk);
  const sources = Array.isArray(merged) ? merged : [merged];
  for (const source of sources) {
    if (!isPlainMap(source)) fail(node, walk, '"<<" merges maps, and this is none');
    else for (const key of Object.keys(source)) result[key] ??= source[key];
  }
}

function toList(node: YAMLSeq, spot: Spot, walk: Walk): unknown[] {
  const { key: _, ...own } = spot;
  return (node.items as Node[]).map((item, index) => {
    const value = toValue(item, { ...own, path: joinPath(spot.path, index), depth: spot.depth + 1 }, walk);
    // A list of names is read as a map of names: the item is found by its text too.
    if (typeof value === 'string' && item.range != null) rememberName(walk, joinPath(spot.path, value), item.range[0]);
    return value;
  });
}

function rememberName(walk: Walk, path: string, offset: number): void {
  if (!walk.places.has(path)) walk.places.set(path, { value: offset, isScalar: true });
}

function toAliased(name: string, offset: number, spot: Spot, walk: Walk): unknown {
  const target = walk.anchors.get(name);
  if (target !== undefined && !walk.open.has(target)) return toValue(target, { ...spot, isAliased: true }, walk);
  const message =
    target === undefined ? `no anchor "&${name}" stands before this alias` : `the alias "*${name}" contains itself`;
  walk.diagnostics.push(syntaxError(walk.toPosition(offset), message, quoteStar));
  return undefined;
}

function failOnAliases(node: Node, walk: Walk): undefined {
  if (walk.aliased > mostAliasedNodes + 1) return undefined;
  return fail(
    node,
    walk,
    'the aliases expand to more than a configuration can need',
    'An alias of an alias of an alias multiplies: write the values out.',
  );
}

function fail(node: Node, walk: Walk, message: string, hint?: string): undefined {
  walk.diagnostics.push(syntaxError(walk.toPosition(node.range?.[0] ?? 0), message, hint));
  return undefined;
}

function recordPlace(node: Node, spot: Spot, walk: Walk): void {
  const value = node.range?.[0] ?? 0;
  // An empty value stands nowhere: its key is what a reader sees.
  const place = { value, isScalar: isAlias(node) || (isScalar(node) && node.value !== null) };
  walk.places.set(spot.path, spot.key === undefined ? place : { ...place, key: spot.key });
}

/** A scalar is found at its value unless its key is asked for; a map or list always at its key. */
function findPlace(walk: Walk, path: string, part?: EntryPart): Position | undefined {
  const place = walk.places.get(path);
  if (place === undefined) return undefined;
  return walk.toPosition(place.isScalar && part !== 'key' ? place.value : (place.key ?? place.value));
}
