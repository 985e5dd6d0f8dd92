/** The part of JSON Schema 2020-12 that bodies are described in. The server checks by it, OpenAPI prints it. */
export interface JsonSchema {
  readonly type?: SchemaType | readonly SchemaType[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: JsonSchema;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: 'date-time';
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly anyOf?: readonly JsonSchema[];
}

export type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';

/** A key that may be absent. */
export interface OptionalKey {
  readonly optional: JsonSchema;
}

/** A schema for each key of `T`: none is forgotten, and none is optional on one side alone. */
export type Keys<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? OptionalKey : JsonSchema };

/** An object with exactly these keys. */
export function objectOf<T>(keys: Keys<T>, more: Partial<JsonSchema> = {}): JsonSchema {
  const entries = Object.entries(keys as Readonly<Record<string, JsonSchema | OptionalKey>>);
  const required = entries.filter(([, key]) => !isOptional(key)).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, key]) => [name, isOptional(key) ? key.optional : key])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...more,
  };
}

export function optional(schema: JsonSchema): OptionalKey {
  return { optional: schema };
}

function isOptional(key: JsonSchema | OptionalKey): key is OptionalKey {
  return 'optional' in key;
}

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

export function mapOf(values: JsonSchema, more: Partial<JsonSchema> = {}): JsonSchema {
  return { type: 'object', additionalProperties: values, ...more };
}

export function wordOf(...words: readonly string[]): JsonSchema {
  return { type: 'string', enum: words };
}

/** Only for schemas with one type. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { ...schema, type: [schema.type as SchemaType, 'null'] };
}

export function refTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export const text: JsonSchema = { type: 'string' };
export const flag: JsonSchema = { type: 'boolean' };
export const number: JsonSchema = { type: 'number' };
export const count: JsonSchema = { type: 'integer', minimum: 0 };
export const moment: JsonSchema = { type: 'string', format: 'date-time' };
export const texts: JsonSchema = listOf(text);
