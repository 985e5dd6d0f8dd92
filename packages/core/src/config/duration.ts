/** What a reader of values answers: the value, or why not. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const durationUnits: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

const sizeUnits: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['TB', 1000 ** 4],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
  ['TiB', 1024 ** 4],
]);

const plainNumber = /^\d+(?:\.\d+)?$/;
const durationPart = /(\d+(?:\.\d+)?)([A-Za-zµ]+)/y;

/**
 * Reads a duration into whole milliseconds. A number, or a text of digits, is seconds; otherwise parts with a unit from
 * large to small: `500ms`, `5s`, `1m30s`, `2h`. A duration above zero never becomes 0 by rounding.
 */
export function readDuration(input: unknown): Reading<number> {
  if (typeof input === 'number') return fromSeconds(input, input);
  if (typeof input !== 'string') return refuseDuration(input);
  const text = input.trim();
  return plainNumber.test(text) ? fromSeconds(Number(text), input) : fromParts(text);
}

function fromSeconds(seconds: number, input: unknown): Reading<number> {
  if (Number.isNaN(seconds)) return refuseDuration(input);
  if (seconds < 0) return { ok: false, message: `a duration cannot be negative: ${show(input)}` };
  return toMilliseconds(seconds * 1000, input);
}

function fromParts(text: string): Reading<number> {
  let total = 0;
  let smallest = Infinity;
  durationPart.lastIndex = 0;
  while (durationPart.lastIndex < text.length) {
    const part = durationPart.exec(text);
    if (part === null) return refuseDuration(text);
    const [, amount = '', unit = ''] = part;
    const factor = durationUnits.get(unit);
    if (factor === undefined) return refuseUnit(text, unit, [...durationUnits.keys()].toReversed());
    if (factor >= smallest)
      return {
        ok: false,
        message: `the units of the duration ${show(text)} go from large to small`,
        hint: 'Write each unit once: 1h30m, 1m30s.',
      };
    smallest = factor;
    total += Number(amount) * factor;
  }
  return text === '' ? refuseDuration(text) : toMilliseconds(total, text);
}

function toMilliseconds(exact: number, input: unknown): Reading<number> {
  const whole = exact > 0 ? Math.max(1, Math.round(exact)) : 0;
  if (Number.isSafeInteger(whole)) return { ok: true, value: whole };
  return { ok: false, message: `the duration ${show(input)} is too long to be counted` };
}

function refuseDuration(input: unknown): Reading<never> {
  return {
    ok: false,
    message: `expected a duration such as 30s, got ${show(input)}`,
    hint: 'A number is seconds; or 500ms, 5s, 1m30s, 2h.',
  };
}

function refuseUnit(text: string, unit: string, units: readonly string[]): Reading<never> {
  return { ok: false, message: `unknown unit "${unit}" in ${show(text)}`, hint: `Units are ${units.join(', ')}.` };
}

/**
 * Reads a size into whole bytes. A number, or a text of digits, is bytes; otherwise one unit: `64KiB` (1024) or `50MB` (1000).
 * The short `512M` is refused: it is 1024-based in PHP and Docker, 1000-based in Kubernetes.
 */
export function readSize(input: unknown): Reading<number> {
  const text = typeof input === 'string' ? input.trim() : input;
  if (typeof text === 'number') return toBytes(text, input);
  if (typeof text !== 'string') return refuseSize(input);
  if (plainNumber.test(text)) return toBytes(Number(text), input);
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return refuseSize(input);
  const factor = sizeUnits.get(unit);
  return factor === undefined
    ? refuseSizeUnit(text, amount, unit)
    : toBytes(Math.round(Number(amount) * factor), input);
}

function toBytes(bytes: number, input: unknown): Reading<number> {
  if (bytes < 0) return { ok: false, message: `a size cannot be negative: ${show(input)}` };
  return Number.isSafeInteger(bytes) ? { ok: true, value: bytes } : refuseSize(input);
}

function refuseSizeUnit(text: string, amount: string, unit: string): Reading<never> {
  const letter = unit[0]?.toUpperCase() ?? '';
  if (!/^([kmgt])(i?b)?$/i.test(unit)) return refuseUnit(text, unit, [...sizeUnits.keys()]);
  return {
    ok: false,
    message: `the unit "${unit}" in ${show(text)} is ambiguous`,
    hint: `Write ${amount}${letter}iB (1024-based) or ${amount}${letter}B (1000-based).`,
  };
}

function refuseSize(input: unknown): Reading<never> {
  return {
    ok: false,
    message: `expected a size such as 64MiB, got ${show(input)}`,
    hint: 'A number is bytes; or 64KiB, 50MB, 1GiB.',
  };
}

const longestShown = 60;

/** A value as it is shown in a message: JSON, cut when long, a kind of thing when it is a map or list. */
export function show(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > longestShown ? `${value.slice(0, longestShown)}…` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return 'a map';
    default:
      return `a ${typeof value}`;
  }
}
