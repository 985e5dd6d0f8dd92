import * as v from 'valibot';
import { readDuration, readSize, show } from '../duration.ts';
import type { Reading } from '../duration.ts';
import { once } from '../once.ts';
import { didYouMean } from '../suggest.ts';

/** A schema of ours: takes anything, answers `T` or issues. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** What a schema says about itself: for environment variables, the JSON Schema and the reference page. */
export interface KeyAbout {
  /** How a text from the environment is taken apart. */
  readonly form: 'scalar' | 'list' | 'map' | 'command';
  /** The kind of value in words, for the reference page: `duration`, `list of names`. */
  readonly type: string;
  readonly json: JsonSchema;
  /** What it is made of; absent for a leaf. */
  readonly composition?: Composition;
}

/** The schema of each key of a map. */
export type Entries = Readonly<Record<string, Schema<unknown>>>;

/** A map's keys, a record's or list's item, or the alternatives of a choice. */
export type Parts = Entries | Schema<unknown> | readonly Schema<unknown>[];

/** How parts are put together; `orOne`: a list also takes one item bare. */
export interface Composition {
  readonly kind: 'map' | 'record' | 'list' | 'choice';
  readonly parts: Parts;
  readonly orOne?: boolean;
}

export type JsonSchema = boolean | { readonly [key: string]: unknown };

/** The first line of an issue is what is wrong, the second what to do. Schemas of plugins may do the same. */
export function toIssueText(message: string, hint?: string): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

/** What was said about a schema by `about`, also when it was refined afterwards. */
export function aboutOf(schema: object): KeyAbout | undefined {
  const parts = 'pipe' in schema && Array.isArray(schema.pipe) ? (schema.pipe as readonly object[]) : [];
  const own = parts.map(aboutOfAction).find((it) => it !== undefined);
  const [first] = parts;
  return own ?? (first === undefined || first === schema ? undefined : aboutOf(first));
}

/** The same for one action of a pipe. */
export function aboutOfAction(action: object): KeyAbout | undefined {
  if (!('metadata' in action) || typeof action.metadata !== 'object' || action.metadata === null) return undefined;
  return 'about' in action.metadata ? (action.metadata.about as KeyAbout) : undefined;
}

/** Attaches what a schema is about. */
export function about(details: KeyAbout): v.MetadataAction<unknown, { readonly about: KeyAbout }> {
  return v.metadata({ about: details });
}

/** A schema from a function that reads one value. */
export function leaf<T>(
  details: Omit<KeyAbout, 'form'> & Partial<KeyAbout>,
  read: (input: unknown) => Reading<T>,
): Schema<T> {
  return v.pipe(
    v.unknown(),
    about({ form: 'scalar', ...details }),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const reading = read(dataset.value);
      if (reading.ok) return reading.value;
      addIssue({ message: toIssueText(reading.message, reading.hint) });
      return NEVER;
    }),
  );
}

export function accept<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function refuse(message: string, hint?: string): Reading<never> {
  return hint === undefined ? { ok: false, message } : { ok: false, message, hint };
}

/** `expected a whole number such as 4, got "many"`. */
export function mismatch(expected: string, input: unknown, hint?: string): Reading<never> {
  return refuse(`expected ${expected}, got ${show(input)}`, hint);
}

const durationPattern = '^(\\d+(\\.\\d+)?(h|m|s|ms)?)+$';
const sizePattern = '^\\d+(\\.\\d+)?\\s*([KMGT]i?)?B?$';

/** A duration, in whole milliseconds afterwards. */
export const duration: () => Schema<number> = once(() =>
  leaf(
    {
      type: 'duration',
      json: { type: ['number', 'string'], minimum: 0, pattern: durationPattern, examples: ['500ms', '30s', '1m30s'] },
    },
    readDuration,
  ),
);

/** A size, in whole bytes afterwards. */
export const size: () => Schema<number> = once(() =>
  leaf(
    {
      type: 'size',
      json: { type: ['integer', 'string'], minimum: 0, pattern: sizePattern, examples: ['64MiB', '1GiB'] },
    },
    readSize,
  ),
);

/** Text without NUL. `numbers` also takes a number, as it is often written for ids and variables. */
export function text(
  options: { readonly what?: string; readonly numbers?: boolean; readonly empty?: boolean } = {},
): Schema<string> {
  const { what = 'text', numbers = false, empty = false } = options;
  const json = { type: numbers ? ['string', 'number', 'boolean'] : 'string' };
  return leaf({ type: what, json }, (input) => {
    if (numbers && (typeof input === 'number' || typeof input === 'boolean')) return accept(String(input));
    if (typeof input !== 'string')
      return mismatch(what, input, typeof input === 'number' ? `Write it in quotes: "${input}".` : undefined);
    if (input.includes('\0'))
      return refuse('contains a NUL character', 'No name, path or argument of an operating system can hold one.');
    return input === '' && !empty ? mismatch(what, input) : accept(input);
  });
}

export function path(what = 'a path'): Schema<string> {
  return text({ what });
}

/** A boolean; a text `true` or `false` counts, because variables are text. */
export const flag: () => Schema<boolean> = once(() =>
  leaf({ type: 'true or false', json: { type: 'boolean' } }, readFlag),
);

function readFlag(input: unknown): Reading<boolean> {
  const word = typeof input === 'string' ? input.toLowerCase() : input;
  if (word === true || word === 'true') return accept(true);
  if (word === false || word === 'false') return accept(false);
  return mismatch('true or false', input, yamlBooleanHint(word));
}

function yamlBooleanHint(word: unknown): string | undefined {
  if (word === 'yes' || word === 'on' || word === 'y') return 'YAML 1.2 reads this as text: write true.';
  if (word === 'no' || word === 'off' || word === 'n') return 'YAML 1.2 reads this as text: write false.';
  return undefined;
}

interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly example: number;
  readonly hint?: string;
}

/** A whole number, also as text of digits. */
export function integer(range: NumberRange): Schema<number> {
  return numeric(`a whole number${describeRange(range)}`, range, Number.isSafeInteger, 'integer');
}

export function decimal(range: NumberRange): Schema<number> {
  return numeric(`a number${describeRange(range)}`, range, Number.isFinite, 'number');
}

function numeric(what: string, range: NumberRange, fits: (value: number) => boolean, type: string): Schema<number> {
  const { min = -Infinity, max = Infinity } = range;
  const bounds = {
    ...(range.min === undefined ? {} : { minimum: range.min }),
    ...(range.max === undefined ? {} : { maximum: range.max }),
  };
  return leaf({ type: what.replace('a ', ''), json: { type, ...bounds } }, (input) => {
    const value = typeof input === 'string' && numberText.test(input.trim()) ? Number(input) : input;
    if (typeof value === 'number' && fits(value) && value >= min && value <= max) return accept(value);
    return mismatch(`${what} such as ${range.example}`, input, range.hint);
  });
}

const numberText = /^[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|0x[\da-f]+|0o[0-7]+)$/i;

function describeRange({ min, max }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return min === undefined ? '' : ` of at least ${min}`;
}

/** One of a few words. `synonyms` are read as the word they map to. */
export function oneOf<const T extends string>(
  words: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): Schema<T> {
  const all = [...words, ...Object.keys(synonyms)];
  return leaf({ type: all.join(', '), json: { enum: all } }, (input) => {
    const word = words.find((it) => it === input);
    if (word !== undefined) return accept(word);
    if (typeof input === 'string' && Object.hasOwn(synonyms, input)) return accept(synonyms[input] as T);
    return mismatch(`one of ${all.join(', ')}`, input, typeof input === 'string' ? didYouMean(input, all) : undefined);
  });
}

/** A signal by name, with or without `SIG`, in any case. Whether the system knows it is decided later. */
export function signal(): Schema<string> {
  return leaf({ type: 'signal', json: { type: 'string', examples: ['SIGTERM', 'QUIT'] } }, (input) => {
    if (typeof input === 'string' && /^[A-Za-z][A-Za-z0-9+-]*$/.test(input)) return accept(toSignalName(input));
    return mismatch('a signal such as SIGTERM', input, 'Signals are given by name.');
  });
}

/** `term` and `SIGTERM` are `SIGTERM`. */
export function toSignalName(word: string): string {
  const upper = word.toUpperCase();
  return upper.startsWith('SIG') ? upper : `SIG${upper}`;
}
