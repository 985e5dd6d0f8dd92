import { parse, TomlDate, TomlError } from 'smol-toml';
import type { Position } from './diagnostic.ts';
import { isMap } from './layer.ts';
import { syntaxError, toUnparsed } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { formatPath, joinPath, parentPath } from './path.ts';

/** Parses TOML into plain data. Positions are those of the lines that name a key; values inside a line share its place. */
export function parseToml(text: string, file: string): Parsed {
  try {
    const value = parse(text);
    const dates = findDates(value, '');
    const places = indexLines(text, file);
    const positionOf: Parsed['positionOf'] = (path) => nearestPlace(places, path);
    const diagnostics = dates.map((path) => {
      const position = positionOf(path) ?? { file, line: 1, column: 1 };
      return {
        ...syntaxError(position, 'a date means nothing in a configuration', 'Write it in quotes to have it as text.'),
        path,
      };
    });
    const isEmpty = Object.keys(value).length === 0;
    return diagnostics.length > 0
      ? toUnparsed(diagnostics)
      : { value: isEmpty ? undefined : value, diagnostics: [], positionOf };
  } catch (error) {
    if (error instanceof TomlError)
      return toUnparsed([syntaxError({ file, line: error.line, column: error.column }, toReason(error.message))]);
    if (error instanceof RangeError)
      return toUnparsed([syntaxError({ file, line: 1, column: 1 }, 'is nested too deeply')]);
    throw error;
  }
}

// The library's message goes on with a code block of its own.
function toReason(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/^Invalid TOML document: /, '');
}

function findDates(value: unknown, path: string): string[] {
  if (value instanceof TomlDate) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => findDates(item, joinPath(path, index)));
  return isMap(value) ? Object.entries(value).flatMap(([key, item]) => findDates(item, joinPath(path, key))) : [];
}

const tableLine = /^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$/;
const keyLine = /^(\s*)((?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'))*)\s*=/;

/** Path → the line that names it, by reading headers and keys line by line. Good enough for a caret; the parser has the say. */
function indexLines(text: string, file: string): ReadonlyMap<string, Position> {
  const places = new Map<string, Position>();
  const counts = new Map<string, number>();
  let table = '';
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const [, bracket, header] = tableLine.exec(content) ?? [];
    if (header !== undefined) {
      table = openTable(formatPath(splitKey(header)), bracket === '[[', counts);
      note(places, table, { file, line, column: content.search(/\S/) + 1 });
      return;
    }
    const [, indent = '', key] = keyLine.exec(content) ?? [];
    if (key !== undefined)
      note(places, splitKey(key).reduce(joinPath, table), { file, line, column: indent.length + 1 });
  });
  return places;
}

function note(places: Map<string, Position>, path: string, position: Position): void {
  if (!places.has(path)) places.set(path, position);
}

/** The path of a table; a table of a list gets the next index. */
function openTable(path: string, isListItem: boolean, counts: Map<string, number>): string {
  if (!isListItem) return path;
  const index = counts.get(path) ?? 0;
  counts.set(path, index + 1);
  return joinPath(path, index);
}

function splitKey(key: string): string[] {
  return [...key.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, basic, literal, bare]) => basic ?? literal ?? bare ?? '',
  );
}

function nearestPlace(places: ReadonlyMap<string, Position>, path: string): Position | undefined {
  for (let at = path; at !== ''; at = parentPath(at)) {
    const place = places.get(at);
    if (place !== undefined) return place;
  }
  return undefined;
}
