import type { Clock, PluginScope } from '@pm-supervisor/core';
import type { ApiContext } from '../handlers/handler.ts';
import { type Answer, sendAnswer, sendProblem } from '../http/answer.ts';
import { type BodyReader, createBodyReader, Gone } from '../http/body.ts';
import type { Exchange } from '../http/gate.ts';
import { readParameters, type ReadParameters } from '../parameters.ts';
import { Refused } from '../problem.ts';
import { type Match, type Router, toPathValues } from '../router.ts';
import type { ProblemDetail } from '../routes/bodies.ts';
import { includesRole } from '../routes/role-order.ts';
import type { Method } from '../routes/route.ts';
import type { JsonSchema } from '../routes/schema.ts';
import { schemas, type SchemaName } from '../routes/schemas.ts';
import type { ApiSettings } from '../settings.ts';
import { validate } from '../validate.ts';
import type { ApiRoute } from './api-routes.ts';
import { type Audit, createAudit } from './audit.ts';
import { createEntrance, type Entrance, type Visitor } from './entrance.ts';
import { parseTarget } from './target.ts';

export interface AppOptions {
  readonly pm: Pick<PluginScope, 'logger' | 'emit'>;
  readonly clock: Clock;
  readonly settings: ApiSettings;
  readonly context: ApiContext;
  readonly router: () => Router<ApiRoute>;
  /** Bytes of answers that clients have not taken yet. */
  readonly unsentBytes: () => number;
}

/** All answers that wait to be taken, together. Who reads slowly, with many connections, cannot fill the memory. */
const mostUnsent = 128 * 1024 * 1024;

interface App extends Omit<AppOptions, 'settings'> {
  readonly entrance: Entrance;
  readonly audit: Audit;
  readonly bodies: BodyReader;
}

/** What is known of a request so far, for the audit and for metrics. */
interface Progress {
  visitor?: Visitor;
  route?: ApiRoute;
  path: string;
}

/** Answers every request: with what is asked for, or with a problem. The returned function never rejects. */
export function createApp({ settings, ...options }: AppOptions): (exchange: Exchange) => Promise<void> {
  const { clock, pm } = options;
  const app: App = {
    ...options,
    entrance: createEntrance(settings, () => clock.monotonic()),
    audit: createAudit(pm, { clock, writes: settings.audit }),
    bodies: createBodyReader(settings.maxBody),
  };
  return async (exchange) => {
    const startedAt = clock.monotonic();
    const progress: Progress = { path: '' };
    const code = await answer(app, exchange, progress);
    const { method = '' } = exchange.request;
    const { statusCode: status } = exchange.response;
    const { visitor, route, path } = progress;
    app.audit({ method, path, status, code, visitor, peer: exchange.connection.origin.peer });
    app.context.contributions.observed({
      route: route?.key ?? 'unknown',
      status,
      seconds: (clock.monotonic() - startedAt) / 1000,
    });
  };
}

/** The code of the problem, if it was one. */
async function answer(app: App, exchange: Exchange, progress: Progress): Promise<string | undefined> {
  try {
    const found = await carryOut(app, exchange, progress);
    if (found !== undefined) sendAnswer(exchange, found);
    return undefined;
  } catch (error) {
    if (error instanceof Gone) return undefined;
    const code = sendProblem(exchange, error);
    if (code === 'PM_BUG') reportDefect(app.pm, error, progress);
    return code;
  }
}

function reportDefect({ logger }: AppOptions['pm'], error: unknown, { route, path }: Progress): void {
  logger.error(
    `api: ${route?.key ?? path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
}

async function carryOut(app: App, exchange: Exchange, progress: Progress): Promise<Answer | undefined> {
  const { request } = exchange;
  const { path, query } = parseTarget(request.url ?? '');
  progress.path = path;
  if (request.httpVersion === '1.1' && request.headers.host === undefined)
    throw new Refused('PM_API_MALFORMED', 'the header "host" is missing');
  const visitor = app.entrance(exchange);
  progress.visitor = visitor;
  refuseExpectations(request.headers.expect);
  if (app.unsentBytes() > mostUnsent)
    throw new Refused('PM_API_RATE_LIMITED', 'too many answers wait to be taken', {
      headers: { 'retry-after': '5' },
      closes: true,
    });
  const match = findMatch(app.router(), path);
  const route = chooseRoute(match, request.method ?? '', visitor);
  progress.route = route;
  refuseByRole(route, visitor);
  const { values: parameters } = checkAll(readParameters(route, toPathValues(route, match?.values ?? []), query));
  const body = await readBody(app, exchange, route);
  return route.handler(app.context, { parameters, body, caller: visitor.caller, from: visitor.from, exchange });
}

function refuseExpectations(expect: string | undefined): void {
  if (expect === undefined || expect.toLowerCase() === '100-continue') return;
  throw new Refused('PM_API_EXPECTATION', `nothing is known of "expect: ${expect}"`, { closes: true });
}

function findMatch(router: Router<ApiRoute>, path: string): Match<ApiRoute> | undefined {
  try {
    return router.find(path);
  } catch {
    throw new Refused('PM_API_MALFORMED', 'the path is not rightly encoded');
  }
}

/** Whoever is not known learns nothing of what there is, but of what is public. */
function chooseRoute(match: Match<ApiRoute> | undefined, method: string, { caller }: Visitor): ApiRoute {
  const route = match?.methods.get((method === 'HEAD' ? 'GET' : method) as Method);
  if (caller === undefined && route?.role !== 'public') {
    throw new Refused('PM_API_UNAUTHENTICATED', 'a token is needed', {
      headers: { 'www-authenticate': 'Bearer realm="pm"' },
      hint: 'Send it as "authorization: Bearer TOKEN".',
    });
  }
  if (match === undefined)
    throw new Refused('PM_API_NOT_FOUND', 'there is no such path', { hint: 'What there is: /api/v1/openapi.json.' });
  if (route !== undefined) return route;
  const allow = [...match.methods.keys()].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ');
  throw new Refused('PM_API_METHOD', `${method} is not for this path`, {
    headers: { allow },
    hint: `It has ${allow}.`,
  });
}

function refuseByRole({ role, key }: ApiRoute, { caller }: Visitor): void {
  if (includesRole(caller?.role ?? 'public', role)) return;
  throw new Refused(
    'PM_API_FORBIDDEN',
    `"${caller?.name}" may not do this: its role is ${caller?.role}, ${key} asks for ${role}`,
    {
      hint: caller?.name === 'anonymous' ? 'Use the control socket, or set a token.' : 'Use a token with that role.',
    },
  );
}

function checkAll(read: ReadParameters): ReadParameters {
  refuseErrors(read.errors, 'a parameter is wrong');
  return read;
}

async function readBody(app: App, exchange: Exchange, { body, bodyOptional, inline }: ApiRoute): Promise<unknown> {
  const value = await app.bodies.read(exchange);
  const schema: JsonSchema | undefined = inline?.body ?? (body === undefined ? undefined : schemas[body]);
  if (schema === undefined) return refuseBody(value);
  if (value === undefined && bodyOptional === true) return undefined;
  if (value === undefined) throw new Refused('PM_API_INVALID', 'the body is missing');
  refuseErrors(validate(value, schema, findSchema), 'the body is wrong');
  return value;
}

/** `{}` is what many clients send with every POST. */
function refuseBody(value: unknown): undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && Object.keys(value).length === 0) return undefined;
  throw new Refused('PM_API_INVALID', 'this route takes no body');
}

function refuseErrors(errors: readonly ProblemDetail[], what: string): void {
  if (errors.length > 0)
    throw new Refused(
      'PM_API_INVALID',
      `${what}: ${errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ')}`,
      { errors },
    );
}

const prefix = '#/components/schemas/';

function findSchema(reference: string): JsonSchema {
  return schemas[reference.slice(prefix.length) as SchemaName] ?? {};
}
