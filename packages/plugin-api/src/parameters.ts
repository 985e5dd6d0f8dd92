import { readDuration } from '@pm-supervisor/core';
import type { ProblemDetail } from './routes/bodies.ts';
import { paramKinds, type ParamKind } from './routes/params.ts';
import type { Route } from './routes/route.ts';
import { validate } from './validate.ts';

/** A parameter as it is used: flags and numbers are no texts any more, waits are milliseconds. */
export type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** Parameters, or all that is wrong with them. */
export interface ReadParameters {
  readonly values: Parameters;
  readonly errors: readonly ProblemDetail[];
}

/** Longest wait of one request. */
const longestWaitMs = 3_600_000;

/** Reads what stands in the path and in the query of a request. An unknown parameter is an error, and so is one given twice. */
export function readParameters(
  route: Route,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
): ReadParameters {
  const values: Record<string, ParameterValue> = {};
  const errors: ProblemDetail[] = [];
  const read = (name: string, kind: ParamKind, text: string): void => {
    const result = readValue(kind, text);
    if (typeof result === 'object') errors.push({ path: name, message: result.message });
    else values[name] = result;
  };
  for (const [name, kind] of Object.entries(route.path)) read(name, kind, path[name] ?? '');
  for (const name of new Set(query.keys())) {
    const kind = Object.hasOwn(route.query, name) ? route.query[name] : undefined;
    const [text = '', ...more] = query.getAll(name);
    if (kind === undefined) errors.push({ path: name, message: describeUnknown(route) });
    else if (more.length > 0) errors.push({ path: name, message: 'is given twice' });
    else read(name, kind, text);
  }
  return { values, errors };
}

function describeUnknown({ query }: Route): string {
  const names = Object.keys(query);
  return names.length === 0
    ? 'is not known: this route has no parameters'
    : `is not known here; known are ${names.join(', ')}`;
}

/** The value, or what is wrong. */
function readValue(kind: ParamKind, text: string): ParameterValue | { readonly message: string } {
  if (text.includes('\0')) return { message: 'contains a NUL character' };
  const { schema } = paramKinds[kind];
  const value = convert(text, schema.type);
  const [error] = validate(value, schema, () => ({}));
  if (error !== undefined) return error;
  if (kind !== 'Wait') return value;
  const duration = readDuration(text);
  if (!duration.ok) return duration;
  return duration.value <= longestWaitMs ? duration.value : { message: 'is longer than an hour' };
}

/** `?follow` alone means true. What cannot be converted stays text, for the schema to refuse. */
function convert(text: string, type: unknown): ParameterValue {
  if (type === 'boolean')
    return text === '' || text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  if (type === 'integer') return /^\d{1,16}$/.test(text) ? Number(text) : text;
  return text;
}
