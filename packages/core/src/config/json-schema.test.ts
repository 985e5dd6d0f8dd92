import { Ajv } from 'ajv';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { coreAliases } from './aliases.ts';
import { toJsonSchema } from './json-schema.ts';
import { parseYaml } from './parse-yaml.ts';
import { duration } from './schema/leaf.ts';
import { seedSnippets } from './seeds.fixture.ts';
import { createSectionRegistry } from './sections.ts';
import type { SectionOwner } from './sections.ts';

const anything: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } };
const convertible = {
  '~standard': {
    version: 1,
    vendor: 'arktype',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => ({ type: 'boolean' }) },
  },
} as unknown as StandardSchemaV1;

const sections: SectionOwner[] = [
  {
    plugin: 'heartbeat',
    place: 'process',
    key: 'heartbeat',
    schema: v.strictObject({ url: v.string(), every: v.optional(duration()) }),
    aliases: ['beat'],
  },
  { plugin: 'other', place: 'root', key: 'other', schema: anything },
  { plugin: 'third', place: 'global', key: 'third', schema: convertible },
];

async function problemsOf(text: string): Promise<string[]> {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, formats: { regex: true } });
  const validate = ajv.compile(await toJsonSchema(createSectionRegistry(sections)));
  validate(JSON.parse(JSON.stringify(parseYaml(text, 'f').value)));
  return (validate.errors ?? []).map((it) => `${it.instancePath} ${it.keyword}`);
}

describe('JSON Schema', () => {
  test.each(Object.entries(seedSnippets))('%s is valid', async (_, text) => {
    expect(await problemsOf(text)).toEqual([]);
  });

  test.each([
    'global: {shutdown_timeout: auto, restart_backoff: 5, restart_backoff_max: 1m, third: true}',
    'extends: [a.yaml]\nprofiles: {dev: {processes: {web: {scale: 2}}}}',
    'plugins: {laravel: {horizon: true}, metrics: false}\nother: [1, 2]',
    'plugins: [laravel, {metrics: {port: 1}}]',
    'processes: {web: {command: nginx, scale: "${N}", restart: "${POLICY:-always}", enabled: "${E}"}}',
    'processes: {web: {command: [x], depends_on: {db: {condition: ready}}, wait_after: 5, umask: "022", beat: {url: x, every: 1m}}}',
    'templates: {"openvpn@": {command: "openvpn %i", limits: {nofile: unlimited}, ready: {port: 80}}}',
    'processes: {web: {command: [x], success_exit_codes: [0, SIGTERM], shutdown: {pre_stop_hook: {command: [y]}}}}',
  ])('valid: %s', async (text) => {
    expect(await problemsOf(text)).toEqual([]);
  });

  test.each([
    ['procesess: {}', ' additionalProperties'],
    ['processes: {web: {scael: 1}}', '/processes/web additionalProperties'],
    ['global: {third: 5}', '/global/third type'],
    ['processes: {web: {heartbeat: {}}}', '/processes/web/heartbeat required'],
    ['processes: {web: {restart: sometimes}}', '/processes/web/restart enum'],
    ['profiles: {dev: {global: {on_idle: nap}}}', '/profiles/dev/global/on_idle enum'],
    ['hooks: {pre_start: [{timeout: 5}]}', '/hooks/pre_start/0 required'],
  ])('invalid: %s', async (text, problem) => {
    expect(await problemsOf(text)).toContain(problem);
  });

  test('every key says what it is for', async () => {
    const schema = await toJsonSchema(createSectionRegistry(sections));
    const silent = findSilent(schema, '').filter((path) => !path.startsWith('/profiles'));
    expect(silent).toEqual([]);
  });

  test('every alias is a property where it may stand', async () => {
    const text = JSON.stringify(await toJsonSchema(createSectionRegistry([])));
    for (const { from, to } of coreAliases)
      expect(text).toMatch(new RegExp(`"${from}":\\{"description":"Another spelling of ${to.join('.')}\\."`));
  });
});

/** Paths of properties without a description. */
function findSilent(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, definitions, ...rest } = schema as { properties?: Record<string, object>; definitions?: object };
  const own = Object.entries(properties ?? {}).flatMap(([key, value]) => [
    ...('description' in value || path.includes('heartbeat') || path.includes('beat') ? [] : [`${path}/${key}`]),
    ...findSilent(value, `${path}/${key}`),
  ]);
  const inner = Object.values({ ...definitions, ...rest }).flatMap((it) => findSilent(it, path));
  return [...own, ...inner];
}
