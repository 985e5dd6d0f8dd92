import type { ProblemDetail } from './routes/bodies.ts';
import type { JsonSchema, SchemaType } from './routes/schema.ts';

/** Finds a schema by its reference. */
export type FindSchema = (ref: string) => JsonSchema;

const mostErrors = 20;

/** Checks a value against a schema of our subset: all that is wrong with it (at most 20), at its path. */
export function validate(value: unknown, schema: JsonSchema, find: FindSchema): readonly ProblemDetail[] {
  const errors: ProblemDetail[] = [];
  check(value, schema, {
    path: '',
    find,
    add: (path, message) => void (errors.length < mostErrors && errors.push({ path, message })),
  });
  return errors;
}

interface Place {
  /** `processes.web.command`; empty for the whole. */
  readonly path: string;
  readonly find: FindSchema;
  add(path: string, message: string): void;
}

function check(value: unknown, schema: JsonSchema, place: Place): void {
  if (schema.$ref !== undefined) return check(value, place.find(schema.$ref), place);
  if (!hasType(value, schema.type))
    return place.add(place.path, `expected ${describeType(schema.type)}, got ${describe(value)}`);
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return place.add(place.path, `expected one of ${schema.enum.join(', ')}, got ${describe(value)}`);
  }
  if (typeof value === 'number') checkNumber(value, schema, place);
  if (typeof value === 'string') checkText(value, schema, place);
  if (Array.isArray(value)) value.forEach((item, index) => check(item, schema.items ?? {}, at(place, `[${index}]`)));
  else if (isMap(value)) checkMap(value, schema, place);
}

function checkNumber(value: number, { minimum = -Infinity, maximum = Infinity }: JsonSchema, place: Place): void {
  if (value < minimum || value > maximum)
    place.add(place.path, `expected a number from ${minimum} to ${maximum}, got ${value}`);
}

function checkText(
  value: string,
  { pattern, minLength = 0, maxLength = Infinity, examples }: JsonSchema,
  place: Place,
): void {
  if (value.length < minLength) return place.add(place.path, 'is empty');
  if (value.length > maxLength) return place.add(place.path, `is longer than ${maxLength} characters`);
  if (pattern === undefined || new RegExp(pattern, 's').test(value)) return;
  const example = examples?.[0] === undefined ? '' : `, such as ${describe(examples[0])}`;
  place.add(place.path, `has not the form that is expected${example}: ${describe(value)}`);
}

function checkMap(value: Readonly<Record<string, unknown>>, schema: JsonSchema, place: Place): void {
  const { properties = {}, required = [], additionalProperties = true, propertyNames } = schema;
  const keys = Object.keys(value);
  checkCount(keys.length, schema, place);
  for (const name of required) if (!Object.hasOwn(value, name)) place.add(place.path, `"${name}" is missing`);
  for (const key of keys) {
    const inner = at(place, key);
    if (propertyNames !== undefined) check(key, propertyNames, inner);
    if (Object.hasOwn(properties, key)) check(value[key], properties[key] ?? {}, inner);
    else if (additionalProperties === false)
      place.add(inner.path, `is not known here; known are ${Object.keys(properties).join(', ')}`);
    else if (additionalProperties !== true) check(value[key], additionalProperties, inner);
  }
}

function checkCount(
  count: number,
  { minProperties = 0, maxProperties = Infinity, properties = {} }: JsonSchema,
  place: Place,
): void {
  if (count < minProperties) place.add(place.path, `expected ${Object.keys(properties).join(' or ')}`);
  if (count > maxProperties)
    place.add(
      place.path,
      Object.keys(properties).length > 0
        ? `expected only one of ${Object.keys(properties).join(', ')}`
        : `has more than ${maxProperties} entries`,
    );
}

function at(place: Place, key: string): Place {
  const path = key.startsWith('[') ? `${place.path}${key}` : place.path === '' ? key : `${place.path}.${key}`;
  return { ...place, path };
}

function hasType(value: unknown, type: JsonSchema['type']): boolean {
  if (type === undefined) return true;
  if (typeof type === 'string') return isOfType(value, type);
  return type.some((one) => isOfType(value, one));
}

function isOfType(value: unknown, type: SchemaType): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMap(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeType(type: JsonSchema['type']): string {
  const names: Readonly<Record<SchemaType, string>> = {
    object: 'an object',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    null: 'null',
  };
  return (type === undefined ? [] : [type].flat()).map((one) => names[one]).join(' or ');
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
