/** Keys that a line of output always has, or may have. They mean the same in every line, so nobody else may use them. */
const reserved: ReadonlySet<string> = new Set([
  'time',
  'level',
  'process',
  'instance',
  'stream',
  'msg',
  'part',
  'more',
]);

/** Labels and fields as they are merged into the object of a line: one named like a key of ours gets a `_` at its end. */
export function toExtraFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [reserved.has(key) ? `${key}_` : key, value]));
}

/** As JSON, whatever a plugin put in: a value that has none (a cycle, a bigint, a `toJSON` that throws) is named as such. */
export function toJsonText(object: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(object);
  } catch {
    return JSON.stringify(Object.fromEntries(Object.entries(object).map(([key, value]) => [key, toShowable(value)])));
  }
}

function toShowable(value: unknown): unknown {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return typeof value === 'bigint' ? value.toString() : '[cannot be shown]';
  }
}
