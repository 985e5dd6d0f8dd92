import fc from 'fast-check';

/** The parts of the document of the API that requests are made from. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly $ref?: string;
  readonly additionalProperties?: boolean | Schema;
}

export interface FuzzedRequest {
  readonly method: string;
  /** As in the document: `/api/v1/processes/{name}`. */
  readonly template: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** What would end the run, or fill the machine, is not asked for. */
const left = new Set(['post /api/v1/shutdown']);

/** Those that make a plan are rare: each costs what a reload costs. */
const rare = /^(put|delete) |reconcile|config|post \/api\/v1\/processes$/;

/** Requests to every operation of the document: most nearly right, some quite wrong. */
export function arbitraryRequest(api: OpenApi): fc.Arbitrary<FuzzedRequest> {
  const operations = Object.entries(api.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ template, method, operation })),
  );
  const known = operations.filter(({ template, method }) => !left.has(`${method} ${template}`));
  return fc.oneof(
    ...known.map(({ template, method, operation }) => ({
      weight: rare.test(`${method} ${template}`) ? 1 : 6,
      arbitrary: arbitraryOperation({ template, method, operation, api }),
    })),
    {
      weight: 4,
      arbitrary: fc.record({
        method: arbitraryMethod,
        template: fc.constant('unknown'),
        path: arbitraryPath,
        body: arbitraryGarbage,
        headers: arbitraryHeaders,
      }),
    },
  );
}

/** Nothing, but in so many of a hundred. */
function maybe<T>(share: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  const weight = Math.round(share * 100);
  return fc.oneof({ weight: 100 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary });
}

interface Asked {
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
  readonly api: OpenApi;
}

const names = fc.constantFrom(
  'web',
  'web-1',
  'web-2',
  'job',
  'fuzz-a',
  'fuzz-b',
  'all',
  'tpl@x',
  'label=tier=front',
  'nobody',
  'web,job',
);
const arbitraryText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', '..', '../..', '%00', '\0', 'a'.repeat(300)),
);
const arbitraryMethod = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE');
const arbitraryPath = fc.oneof(
  fc.webPath(),
  arbitraryText.map((text) => `/${encodeURI(text.toWellFormed())}`),
  fc.constantFrom('/', '//', '/%', '/api/v1/processes/%ff', '/api/v1/', '/?', '/a?b?c&&=='),
);
const arbitraryGarbage = fc.option(
  fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.json({ maxDepth: 3 }),
    fc.constantFrom('{', '[[[[', 'null', '""', '\ufeff{}', '{"a":1,"a":2}'),
  ),
  { nil: undefined },
);
const arbitraryHeaders = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
  fc.record({
    'content-type': fc.constantFrom(
      'text/plain',
      'application/json; charset=latin1',
      'x',
      'application/merge-patch+json',
    ),
  }),
  fc.constantFrom<Record<string, string>>(
    { accept: 'application/json' },
    { 'last-event-id': '1e9' },
    { 'last-event-id': 'x' },
    { 'content-encoding': 'gzip' },
    { authorization: 'Bearer x' },
    { 'x-forwarded-for': 'x' },
  ),
);

function arbitraryOperation({ template, method, operation, api }: Asked): fc.Arbitrary<FuzzedRequest> {
  const path = operation.parameters.filter((parameter) => parameter.in === 'path');
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc
    .record({
      path: fc.tuple(...path.map(() => fc.oneof({ weight: 6, arbitrary: names }, arbitraryText))),
      query: fc.tuple(...query.map((parameter) => maybe(0.3, arbitraryParameter(parameter.name, parameter.schema)))),
      extra: maybe(0.03, fc.tuple(arbitraryText, arbitraryText)),
      body:
        schema === undefined
          ? maybe(0.05, arbitraryGarbage)
          : fc.oneof(
              { weight: 4, arbitrary: arbitraryValue(schema, api).map((value) => JSON.stringify(value)) },
              arbitraryGarbage,
            ),
      headers: arbitraryHeaders,
      otherMethod: maybe(0.02, arbitraryMethod),
    })
    .map(({ path: values, query: given, extra, body, headers, otherMethod }) => {
      const search = new URLSearchParams();
      query.forEach(({ name }, index) => given[index] !== undefined && search.append(name, given[index]));
      if (extra !== undefined) search.append(...extra);
      const filled = path.reduce(
        (text, { name }, index) =>
          text.replace(`{${name}}`, () => encodeURIComponent((values[index] ?? '').toWellFormed())),
        template,
      );
      return {
        method: otherMethod ?? method.toUpperCase(),
        template,
        path: search.size === 0 ? filled : `${filled}?${search}`,
        body,
        headers,
      };
    });
}

/** Waits are short: the run must end. */
function arbitraryParameter(name: string, schema: Schema): fc.Arbitrary<string> {
  if (name === 'wait') return fc.constantFrom('1ms', '0', '20ms', '20ms', '50ms', '0.01', '-1', 'soon', '1e9');
  const right =
    schema.enum ??
    schema.examples ??
    (schema.type === 'boolean'
      ? ['true', 'false', '']
      : schema.type === 'integer'
        ? ['0', '1', '100', '99999999999']
        : ['web', 'tier=front']);
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...right.map(String)) },
    arbitraryText.map((text) => text.toWellFormed()),
  );
}

/** Values of a schema; one of ten has another type somewhere. */
function arbitraryValue(schema: Schema, api: OpenApi): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.constantFrom<unknown>(null, -1, 1e300, '', [], {}, true, 'x'.repeat(5000)),
    fc.jsonValue({ maxDepth: 2 }),
  );
  return fc.oneof({ weight: 9, arbitrary: arbitraryRight(schema, api) }, wrong);
}

function arbitraryRight(schema: Schema, api: OpenApi): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return name === 'Declaration' ? arbitraryDeclaration : arbitraryRight(api.components.schemas[name] ?? {}, api);
  }
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.examples !== undefined) return fc.constantFrom(...schema.examples);
  if (schema.type === 'object' && schema.properties !== undefined) {
    const keys = Object.entries(schema.properties).map(([key, inner]) => [key, arbitraryValue(inner, api)] as const);
    return fc.record(Object.fromEntries(keys), { requiredKeys: [...(schema.required ?? [])] });
  }
  if (schema.type === 'object')
    return fc.dictionary(fc.constantFrom('fuzz-a', 'fuzz-b', 'web', '__proto__'), arbitraryDeclaration, { maxKeys: 2 });
  if (schema.type === 'integer') return fc.integer({ min: -2, max: 4 });
  return fc.oneof(names, fc.string({ maxLength: 10 }));
}

/** A process to run: with any keys, but of commands only these. */
const arbitraryDeclaration: fc.Arbitrary<unknown> = fc.record(
  {
    command: fc.constantFrom<unknown>(['sleep', '60'], ['true'], ['no-such-program'], [], 'sleep 60', 7, { a: 1 }),
    type: fc.constantFrom('longrun', 'oneshot', 'x'),
    scale: fc.constantFrom(0, 1, 2, -1, 1e9, '2'),
    depends_on: fc.oneof(names, fc.constantFrom<unknown>([], ['web'], { web: { condition: 'ready' } }, 7)),
    env: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    labels: fc.constantFrom<unknown>({ owner: 'fuzz' }, {}, [], { a: { b: 1 } }),
    restart: fc.constantFrom('never', 'always', 'sometimes'),
    shutdown: fc.constantFrom<unknown>({ timeout: '1s' }, { signal: 'SIGNOPE' }, 1),
    initial_state: fc.constantFrom('stopped', 'running'),
    unknown_key: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: [] },
);
