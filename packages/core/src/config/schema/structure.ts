import * as v from 'valibot';
import { show } from '../duration.ts';
import { emptyMap, isMap } from '../layer.ts';
import type { RawMap } from '../layer.ts';
import { about, aboutOf, toIssueText } from './leaf.ts';
import type { Composition, Entries, KeyAbout, Parts, Schema } from './leaf.ts';

/** The message of an issue that is worded later, because only the whole path can say what was meant. */
export const unknownKey = 'unknown_key';

interface MapOptions {
  /** What the map is, for `expected …, got a list`. */
  readonly what: string;
  /** Keys of plugins: left out of the result, checked by their own schema. */
  readonly foreign?: (key: string) => boolean;
  readonly required?: readonly string[];
  /** What to say of a key that is not known. Default: worded later, from the whole path. */
  readonly unknown?: (key: string) => string;
}

type AddIssue = (issue: { message: string; path?: [v.IssuePathItem, ...v.IssuePathItem[]] }) => void;

/**
 * A map with known keys. All problems are reported, not the first one; a key whose value is null counts as not written.
 * (valibot's own strict object stops at the first unknown key and takes a list for an object.)
 */
export function mapOf<T>(entries: Entries, options: MapOptions): Schema<T> {
  return structure<T>({ form: 'map', type: options.what }, { kind: 'map', parts: entries }, (input, addIssue) => {
    if (!isMap(input)) return refuseShape(addIssue, options.what, input);
    const result: RawMap = {};
    for (const key of Object.keys(input)) {
      const schema = Object.hasOwn(entries, key) ? entries[key] : undefined;
      if (schema !== undefined) readInto(result, { schema, input, key }, addIssue);
      else if (options.foreign?.(key) !== true)
        addIssue({ message: options.unknown?.(key) ?? unknownKey, path: [toPathItem(input, key)] });
    }
    for (const key of options.required ?? []) {
      if (input[key] === undefined || input[key] === null)
        addIssue({ message: toIssueText(`has no "${key}"`, `Expected ${options.what}.`) });
    }
    return result;
  });
}

interface RecordOptions {
  readonly what: string;
  /** Refuses a name: message and hint. */
  readonly name?: (name: string) => string | undefined;
  /** What an empty (null) entry means; without it the entry counts as not written. */
  readonly whenEmpty?: unknown;
}

/** A map with free names. The result has no prototype, so that `constructor` is a name like any other. */
export function recordOf<T>(value: Schema<T>, options: RecordOptions): Schema<Record<string, T>> {
  return structure<Record<string, T>>(
    { form: 'map', type: options.what },
    { kind: 'record', parts: value },
    (input, addIssue) => {
      if (!isMap(input)) return refuseShape(addIssue, options.what, input);
      const result = emptyMap();
      for (const key of Object.keys(input)) {
        const problem = options.name?.(key);
        if (problem !== undefined) addIssue({ message: problem, path: [toPathItem(input, key, 'key')] });
        const filled =
          input[key] === null && options.whenEmpty !== undefined ? { ...input, [key]: options.whenEmpty } : input;
        readInto(result, { schema: value, input: filled, key }, addIssue);
      }
      return result;
    },
  );
}

/** A list. `orOne` also takes a single item for a list of one. */
export function listOf<T>(
  item: Schema<T>,
  options: { readonly what: string; readonly orOne?: boolean; readonly filled?: boolean },
): Schema<T[]> {
  return structure<T[]>(
    { form: 'list', type: options.what },
    { kind: 'list', parts: item, orOne: options.orOne === true },
    (input, addIssue) => {
      const items: unknown = options.orOne === true && !Array.isArray(input) ? [input] : input;
      if (!Array.isArray(items)) return refuseShape(addIssue, options.what, input);
      if (items.length === 0 && options.filled === true) return refuseShape(addIssue, options.what, input);
      const isWrapped = items !== input;
      const result: unknown[] = [];
      items.forEach((value: unknown, index) => {
        const outcome = v.safeParse(item, value);
        if (outcome.success) result.push(outcome.output);
        else passIssues(outcome.issues, isWrapped ? [] : [toIndexItem(items, index)], addIssue);
      });
      return result;
    },
  );
}

/** The first schema whose `when` fits decides: an error is about what the user meant, not about every alternative. */
export function choiceOf<T>(
  details: Partial<KeyAbout> & { readonly what: string },
  choices: readonly { readonly when: (input: unknown) => boolean; readonly schema: Schema<T> }[],
): Schema<T> {
  const { what, ...rest } = details;
  return structure<T>(
    { form: 'scalar', type: what, ...rest },
    { kind: 'choice', parts: choices.map((it) => it.schema) },
    (input, addIssue) => {
      const choice = choices.find((it) => it.when(input));
      if (choice === undefined) return refuseShape(addIssue, what, input);
      const outcome = v.safeParse(choice.schema, input);
      if (outcome.success) return outcome.output;
      passIssues(outcome.issues, [], addIssue);
      return undefined;
    },
  );
}

/** Changes what a schema answers; it may refuse with a message. */
export function refine<A, B>(
  schema: Schema<A>,
  change: (value: A, refuse: (message: string, hint?: string) => void) => B,
): Schema<B> {
  return v.pipe(
    schema,
    v.rawTransform<A, B>(({ dataset, addIssue }) =>
      change(dataset.value, (message, hint) => addIssue({ message: toIssueText(message, hint) })),
    ),
  );
}

/** The parts a structure was made from, also when it was refined afterwards; undefined for a leaf. */
export function structureOf(schema: object): Parts | undefined {
  return aboutOf(schema)?.composition?.parts;
}

type Read = (input: unknown, addIssue: AddIssue) => unknown;

function structure<T>(details: Omit<KeyAbout, 'json'>, composition: Composition, read: Read): Schema<T> {
  return v.pipe(
    v.unknown(),
    about({ json: true, ...details, composition }),
    v.rawTransform<unknown, T>(({ dataset, addIssue }) => read(dataset.value, addIssue) as T),
  );
}

function refuseShape(addIssue: AddIssue, what: string, input: unknown): undefined {
  addIssue({ message: `expected ${what}, got ${show(input)}` });
  return undefined;
}

function readInto(
  target: RawMap,
  entry: { schema: Schema<unknown>; input: RawMap; key: string },
  addIssue: AddIssue,
): void {
  const { schema, input, key } = entry;
  if (input[key] === null || input[key] === undefined) return;
  const outcome = v.safeParse(schema, input[key]);
  if (!outcome.success) passIssues(outcome.issues, [toPathItem(input, key)], addIssue);
  else if (outcome.output !== undefined) target[key] = outcome.output;
}

function passIssues(
  issues: readonly v.BaseIssue<unknown>[],
  prefix: readonly v.IssuePathItem[],
  addIssue: AddIssue,
): void {
  for (const issue of issues) {
    const [first, ...rest] = [...prefix, ...(issue.path ?? [])];
    addIssue({ message: issue.message, ...(first === undefined ? {} : { path: [first, ...rest] }) });
  }
}

function toPathItem(input: RawMap, key: string, origin: 'key' | 'value' = 'value'): v.IssuePathItem {
  return { type: 'object', origin, input, key, value: input[key] };
}

function toIndexItem(input: unknown[], key: number): v.IssuePathItem {
  return { type: 'array', origin: 'value', input, key, value: input[key] };
}
