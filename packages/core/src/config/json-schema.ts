import type { StandardSchemaV1 } from '@standard-schema/spec';
import { coreAliases } from './aliases.ts';
import type { Alias } from './aliases.ts';
import { globalMeanings, hookMeanings, processMeanings, rootMeanings } from './meanings.ts';
import { aboutOf, aboutOfAction } from './schema/leaf.ts';
import type { Entries, JsonSchema, KeyAbout, Schema } from './schema/leaf.ts';
import { rootEntries } from './schema/root.ts';
import { structureOf } from './schema/structure.ts';
import type { SectionOwner, SectionPlace, SectionRegistry } from './sections.ts';

/** A JSON Schema object, as it is built here. */
type Schematic = Record<string, unknown>;

/** Any scalar may be an expression, which is typed only once it is expanded. */
const expression: Schematic = { type: 'string', pattern: '\\$\\{' };

/**
 * JSON Schema (draft 7, which every editor knows) of the whole configuration for the given sections, for `pm schema`.
 * A section whose schema cannot be converted accepts anything and says whose it is.
 */
export async function toJsonSchema(registry: SectionRegistry): Promise<Record<string, unknown>> {
  const context: Context = { sections: await convertSections(registry), definitions: {} };
  const { processes, templates, ...root } = rootEntries(registry, false);
  const properties = toProperties(root, { place: 'root', meanings: rootMeanings, prefix: '' }, context);
  context.definitions['process'] = toProcess(processes, context);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pm configuration',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...properties,
      extends: describe({ type: ['string', 'array'], items: { type: 'string' } }, rootMeanings['extends']),
      profiles: describe(
        { type: 'object', additionalProperties: { type: 'object', properties: { ...refer(root, 'properties') } } },
        rootMeanings['profiles'],
      ),
      processes: describe(
        { type: 'object', additionalProperties: { $ref: '#/definitions/process' } },
        rootMeanings['processes'],
      ),
      ...(templates === undefined
        ? {}
        : {
            templates: describe(
              { type: 'object', additionalProperties: { $ref: '#/definitions/process' } },
              rootMeanings['templates'],
            ),
          }),
    },
    definitions: context.definitions,
  };
}

/** Properties of a profile are those of the root, by reference. */
function refer(entries: Entries, at: string): Schematic {
  const names = [...Object.keys(entries), 'processes', 'templates'];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/${at}/${name}` }]));
}

interface Context {
  readonly sections: ReadonlyMap<SectionOwner, Schematic>;
  /** What stands in several places, by the name it is referred to. */
  readonly definitions: Schematic;
}

/** Where keys stand: whose meanings they have, and which sections and aliases belong there. */
interface Place {
  readonly place: SectionPlace | 'hooks' | 'hook' | 'other';
  readonly meanings: Readonly<Record<string, string>>;
  /** Keys above, joined by dots, below the place's root. */
  readonly prefix: string;
}

function toProcess(processes: Schema<unknown> | undefined, context: Context): Schematic {
  const parts = processes === undefined ? undefined : structureOf(processes);
  return convert(parts as Schema<unknown>, { place: 'process', meanings: processMeanings, prefix: '' }, context);
}

function convert(schema: Schema<unknown>, at: Place, context: Context): Schematic {
  return convertAbout(aboutOf(schema), at, context);
}

function convertAbout(about: KeyAbout | undefined, at: Place, context: Context): Schematic {
  if (about?.composition === undefined) return toLeaf(about?.json ?? true);
  const { kind, parts, orOne } = about.composition;
  if (kind === 'map' && at.place === 'hook') return toHook(parts as Entries, context);
  if (kind === 'map')
    return { type: 'object', additionalProperties: false, properties: toProperties(parts as Entries, at, context) };
  if (kind === 'choice') return { anyOf: (parts as readonly Schema<unknown>[]).map((it) => convert(it, at, context)) };
  const item = convert(parts as Schema<unknown>, at, context);
  if (kind === 'record') return { type: 'object', additionalProperties: item };
  return orOne === true ? { anyOf: [item, { type: 'array', items: item }] } : { type: 'array', items: item };
}

/** All hooks are alike: written once. */
function toHook(entries: Entries, context: Context): Schematic {
  context.definitions['hook'] ??= {
    type: 'object',
    additionalProperties: false,
    required: ['command'],
    properties: toProperties(entries, { place: 'other', meanings: hookMeanings, prefix: '' }, context),
  };
  return { $ref: '#/definitions/hook' };
}

function toLeaf(json: JsonSchema): Schematic {
  if (typeof json === 'boolean') return {};
  const takesText = json['type'] === 'string' && json['enum'] === undefined;
  return takesText ? { ...json } : { anyOf: [json, expression] };
}

function toProperties(entries: Entries, at: Place, context: Context): Schematic {
  const properties: Schematic = {};
  for (const [key, schema] of Object.entries(entries))
    properties[key] = describe(convert(schema, stepInto(at, key), context), meaningOf(at, key));
  for (const alias of coreAliases) {
    if (alias.place === at.place) properties[alias.from] = toAlias(alias, properties);
  }
  for (const [owner, json] of context.sections) {
    for (const key of owner.place === at.place ? [owner.key, ...(owner.aliases ?? [])] : []) properties[key] = json;
  }
  return properties;
}

function toAlias({ to }: Alias, properties: Schematic): Schematic {
  const target = to.reduce<unknown>((it, key) => lookUp(it, key), { properties });
  return { ...(target as Schematic | undefined), description: `Another spelling of ${to.join('.')}.` };
}

/** A property by name, also inside the alternatives of a choice. */
function lookUp(schema: unknown, key: string): unknown {
  const { properties, anyOf } = (schema ?? {}) as { properties?: Schematic; anyOf?: unknown[] };
  return properties?.[key] ?? anyOf?.map((it) => lookUp(it, key)).find((it) => it !== undefined);
}

const hookKeys: ReadonlySet<string> = new Set([
  'pre_start',
  'post_start',
  'pre_stop',
  'post_stop',
  'finish',
  'pre_stop_hook',
]);

function stepInto(at: Place, key: string): Place {
  if (at.place === 'root' && key === 'global') return { place: 'global', meanings: globalMeanings, prefix: '' };
  if (hookKeys.has(key)) return { place: 'hook', meanings: hookMeanings, prefix: '' };
  const place = key === 'hooks' ? 'hooks' : key === 'logging' && at.place === 'process' ? 'logging' : 'other';
  return { place, meanings: at.meanings, prefix: joinKeys(at.prefix, key) };
}

function joinKeys(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

function meaningOf({ meanings, prefix }: Place, key: string): string | undefined {
  return meanings[joinKeys(prefix, key)] ?? meanings[`${prefix}.NAME.${key}`];
}

function describe(schema: Schematic, description: string | undefined): Schematic {
  return description === undefined ? schema : { description, ...schema };
}

async function convertSections(registry: SectionRegistry): Promise<ReadonlyMap<SectionOwner, Schematic>> {
  const sections = new Map<SectionOwner, Schematic>();
  for (const place of ['root', 'global', 'process', 'logging'] as const) {
    for (const owner of registry.at(place)) {
      const json = await convertSection(owner.schema);
      sections.set(owner, describe(json ?? {}, `Key of the plugin ${owner.plugin}.`));
    }
  }
  return sections;
}

/** Undefined when the schema's library offers no way. */
async function convertSection(schema: StandardSchemaV1): Promise<Schematic | undefined> {
  const standard = schema['~standard'];
  try {
    if (standard.vendor === 'valibot') return await convertValibot(schema);
    // The Standard JSON Schema extension: libraries that can, convert themselves.
    const own = (standard as { jsonSchema?: { input(options: { target: string }): Schematic } }).jsonSchema;
    return own?.input({ target: 'draft-07' });
  } catch {
    return undefined;
  }
}

async function convertValibot(schema: StandardSchemaV1): Promise<Schematic> {
  const { toJsonSchema: convertSchema } = await import('@valibot/to-json-schema');
  type Convertible = Parameters<typeof convertSchema>[0];
  const { $schema: _, ...json } = convertSchema(schema as unknown as Convertible, {
    typeMode: 'input',
    errorMode: 'ignore',
    // Our own leaves (durations, sizes) may be parts of a plugin's schema.
    overrideAction: ({ valibotAction }) => {
      const own = aboutOfAction(valibotAction);
      return own === undefined ? undefined : convertAbout(own, elsewhere, { sections: new Map(), definitions: {} });
    },
  });
  return json;
}

const elsewhere: Place = { place: 'other', meanings: {}, prefix: '' };
