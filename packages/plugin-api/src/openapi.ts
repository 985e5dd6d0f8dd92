import { paramKinds, type ParamKind } from './routes/params.ts';
import type { Route } from './routes/route.ts';
import type { JsonSchema } from './routes/schema.ts';
import { schemas } from './routes/schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** A route with schemas of its own, of a plugin. */
export interface InlineSchemas {
  readonly inline?: { readonly body?: JsonSchema; readonly response: JsonSchema };
}

/** The API as an OpenAPI 3.1 document. Pure. */
export function toOpenApi(routes: readonly (Route & InlineSchemas)[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) (paths[route.template] ??= {})[route.method.toLowerCase()] = toOperation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'pm management API',
      version,
      description:
        'Commands to a running pm, and what it knows. On the control socket every request is allowed; on TCP a token decides.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function toOperation(route: Route & InlineSchemas): Json {
  const { summary, role, compat, plugin } = route;
  const notes = [
    `Role: ${role}.`,
    ...(plugin === undefined ? [] : [`Answered by the plugin ${plugin}; 404 where it is off.`]),
    ...(compat === true ? ['A path of PHPeek PM.'] : []),
  ];
  return {
    operationId: toOperationId(route),
    summary,
    description: notes.join(' '),
    security: role === 'public' ? [] : [{ token: [] }],
    parameters: [...toParameters(route.path, 'path'), ...toParameters(route.query, 'query')],
    ...toRequestBody(route),
    responses: toResponses(route),
  };
}

/** `POST /api/v1/processes/{name}/start` is `post_processes_name_start`. */
function toOperationId({ method, template, compat }: Route): string {
  const words = template
    .replace(/^\/api\/v1\//, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  const isProbe = !template.startsWith('/api/');
  return [method.toLowerCase(), ...(isProbe ? ['probe'] : []), ...words, ...(compat === true ? ['compat'] : [])].join(
    '_',
  );
}

function toParameters(kinds: Readonly<Record<string, ParamKind>>, place: 'path' | 'query'): readonly Json[] {
  return Object.entries(kinds).map(([name, kind]) => ({
    name,
    in: place,
    required: place === 'path',
    description: paramKinds[kind].description,
    schema: paramKinds[kind].schema,
  }));
}

function toRequestBody({ body, bodyOptional, inline }: Route & InlineSchemas): Json {
  const schema = inline?.body ?? (body === undefined ? undefined : ref(body));
  if (schema === undefined) return {};
  return { requestBody: { required: bodyOptional !== true, content: { 'application/json': { schema } } } };
}

function toResponses({ response, long, alsoStatus, stream, inline }: Route & InlineSchemas): Json {
  const schema = inline?.response ?? ref(response);
  const content = {
    'application/json': { schema },
    ...(stream === undefined
      ? {}
      : { 'text/event-stream': { schema: { type: 'string', description: describeStream(stream) } } }),
  };
  return {
    200: { description: 'Done.', content },
    ...(long === true ? { 202: { description: 'Accepted; it goes on.', content } } : {}),
    ...(alsoStatus === undefined ? {} : { [alsoStatus]: { description: 'Not so.', content } }),
    default: {
      description: 'A problem (RFC 9457).',
      content: { 'application/problem+json': { schema: ref('Problem') } },
    },
  };
}

function describeStream(stream: Readonly<Record<string, string>>): string {
  return `Events: ${Object.entries(stream)
    .map(([event, name]) => `${event} (${name})`)
    .join(', ')}.`;
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
