import {
  aclMeanings,
  flatKeyHomes,
  type Meaning,
  optionMeanings,
  tlsMeanings,
  tokenMeanings,
} from '../../packages/plugin-api/src/meanings.ts';
import { type ParamKind, paramKinds } from '../../packages/plugin-api/src/routes/params.ts';
import { problemCodes } from '../../packages/plugin-api/src/routes/problem-codes.ts';
import type { Route } from '../../packages/plugin-api/src/routes/route.ts';
import type { JsonSchema } from '../../packages/plugin-api/src/routes/schema.ts';
import { schemas } from '../../packages/plugin-api/src/routes/schemas.ts';
import { listRoutes } from '../../packages/plugin-api/src/routes/table.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

/** The API: options, routes, parameters, bodies, problems. All from the tables that the server works with. */
export function renderApi(): string {
  const routes = listRoutes();
  return toPage(
    '# Management API',
    toGeneratedNote('packages/plugin-api/src/routes and packages/plugin-api/src/meanings.ts'),
    'HTTP/1.1 and JSON, on the control socket always and on TCP where `plugins.api.port` is set. How to use it:\n' +
      '[use the API](../how-to/use-the-api.md). The same as an OpenAPI 3.1 document: `GET /api/v1/openapi.json`.',
    '## Options',
    'Under `plugins.api`. The plugin is on unless it is `false`.',
    toMeanings('option', optionMeanings),
    '### tokens',
    toMeanings('key', tokenMeanings),
    '### tls',
    toMeanings('key', tlsMeanings),
    '### acl',
    toMeanings('key', aclMeanings),
    '### Other spellings',
    "PHPeek PM's keys under `global`. With them and a token, TCP listens on every address, as it did there. In a process,\n`scale_locked: true` refuses to scale it.",
    toTable(
      ['key', 'is'],
      Object.entries(flatKeyHomes).map(([key, home]) => [`\`${key}\``, home]),
    ),
    '## Routes',
    toRoutes(routes.filter(({ compat }) => compat !== true)),
    "### PHPeek PM's paths",
    toRoutes(routes.filter(({ compat }) => compat === true)),
    '## Parameters',
    'Every parameter of a query may be left out; one that a route does not know is refused. A flag without a value is true.',
    toParameters(routes),
    '## Streams',
    'Server-sent events, until one side ends the connection. The last message is `end`, where the server ends it.',
    toStreams(routes),
    '## Bodies',
    'Times are RFC 3339, durations seconds, sizes bytes. A key with `?` may be absent; `null` means that there is no such\nvalue now.',
    ...Object.entries(schemas)
      .filter(([name]) => name !== 'OpenApi')
      .map(([name, schema]) => `### ${name}\n\n\`\`\`text\n${toShape(schema)}\n\`\`\``),
    '## Problems',
    'An error is `application/problem+json` (RFC 9457): a `Problem`.',
    toTable(
      ['code', 'status', 'meaning'],
      Object.entries(problemCodes).map(([code, { status, title }]) => [`\`${code}\``, `${status}`, title]),
    ),
  );
}

function toMeanings(head: string, meanings: Readonly<Record<string, Meaning>>): string {
  return toTable(
    [head, 'default', 'meaning'],
    Object.entries(meanings).map(([key, { standard, meaning }]) => [`\`${key}\``, standard, meaning]),
  );
}

function toRoutes(routes: readonly Route[]): string {
  const rows = routes.map((route) => [
    `\`${route.method} ${route.template}\``,
    route.role,
    toList(Object.keys(route.query)),
    route.body === undefined ? '' : `[${route.body}](#${route.body.toLowerCase()})`,
    toAnswer(route),
    route.plugin === undefined ? route.summary : `${route.summary} Plugin \`${route.plugin}\`.`,
  ]);
  return toTable(['route', 'role', 'query', 'body', 'answer', 'what'], rows);
}

function toAnswer({ response, stream, long }: Route): string {
  const body = response === 'OpenApi' ? 'OpenAPI' : `[${response}](#${response.toLowerCase()})`;
  return `${body}${long === true ? ' (200 or 202)' : ''}${stream === undefined ? '' : ', or a stream'}`;
}

function toList(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** One row for each kind; the names it goes by in routes. */
function toParameters(routes: readonly Route[]): string {
  const names = new Map<ParamKind, Set<string>>();
  for (const { path, query } of routes) {
    for (const [name, kind] of [...Object.entries(path), ...Object.entries(query)])
      names.set(kind, (names.get(kind) ?? new Set()).add(name));
  }
  return toTable(
    ['parameter', 'what'],
    [...names].map(([kind, used]) => [toList([...used]), paramKinds[kind].description]),
  );
}

function toStreams(routes: readonly Route[]): string {
  const rows = routes.flatMap(({ template, stream = {} }) =>
    Object.entries(stream).map(([event, name]) => [
      `\`${template}\``,
      event === 'event' ? 'the type of the event' : `\`${event}\``,
      `[${name}](#${name.toLowerCase()})`,
    ]),
  );
  return toTable(['stream', 'event', 'data'], rows);
}

/** A schema as people read it: `{ name: text, ready: true or false }`. */
function toShape(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => toShape(one, indent)).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(' | ');
  const types = [schema.type ?? 'anything'].flat();
  return types.map((type) => toTypeShape(type, schema, indent)).join(' or ');
}

function toTypeShape(type: string, schema: JsonSchema, indent: string): string {
  if (type === 'array') return `[${toShape(schema.items ?? {}, indent)}]`;
  if (type !== 'object') return schema.format === 'date-time' ? 'time' : type;
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined)
    return typeof additionalProperties === 'object' ? `{ NAME: ${toShape(additionalProperties, indent)} }` : 'object';
  const lines = Object.entries(properties).map(
    ([key, inner]) => `${indent}  ${key}${required.includes(key) ? '' : '?'}: ${toShape(inner, `${indent}  `)}`,
  );
  const rest = additionalProperties === true ? [`${indent}  …`] : [];
  return `{\n${[...lines, ...rest].join('\n')}\n${indent}}`;
}
