/** One step into a configuration value: a key of a map, or an index of a list. */
export type PathSegment = string | number;

const plainKey = /^[A-Za-z0-9_@/-]+$/;

/**
 * Writes a path as documentation and diagnostics do: `processes.web.command[0]`. A key that would be ambiguous
 * is quoted: `processes."my.app".scale`.
 */
export function formatPath(segments: readonly PathSegment[]): string {
  let path = '';
  for (const segment of segments) path = joinPath(path, segment);
  return path;
}

/** Adds one segment to a written path. The empty path is the whole configuration. */
export function joinPath(path: string, segment: PathSegment): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  const key = plainKey.test(segment) ? segment : JSON.stringify(segment);
  return path === '' ? key : `${path}.${key}`;
}

const segmentPattern = /\[(\d+)\]|"(?:[^"\\]|\\.)*"|[^.[\]"]+/g;

/** The inverse of `formatPath`. */
export function parsePath(path: string): PathSegment[] {
  return [...path.matchAll(segmentPattern)].map(([text, index]) => {
    if (index !== undefined) return Number(index);
    return text.startsWith('"') ? (JSON.parse(text) as string) : text;
  });
}

/** The path one level up; the empty path is its own parent. */
export function parentPath(path: string): string {
  return formatPath(parsePath(path).slice(0, -1));
}

/** Puts a written path below another one. */
export function joinBelow(prefix: string, path: string): string {
  if (path === '' || prefix === '') return `${prefix}${path}`;
  return path.startsWith('[') ? `${prefix}${path}` : `${prefix}.${path}`;
}
