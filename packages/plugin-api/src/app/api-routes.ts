import { PmError } from '@pm-supervisor/core';
import type { Answer } from '../http/answer.ts';
import { type ApiContext, type ApiRequest, type Handler } from '../handlers/handler.ts';
import { handlers } from '../handlers/table.ts';
import type { InlineSchemas } from '../openapi.ts';
import { Refused } from '../problem.ts';
import type { Contributions, PluginHandler, PluginRoute } from '../registry.ts';
import { createRouter, type Router } from '../router.ts';
import type { Route } from '../routes/route.ts';
import { listRoutes } from '../routes/table.ts';

/** A route and what answers it. */
export interface ApiRoute extends Route, InlineSchemas {
  readonly handler: Handler;
}

const own: Readonly<Record<string, Handler>> = handlers;

/** The routes of the table and those of plugins. Made anew when a plugin adds or takes one. */
export function createApiRoutes(contributions: Contributions): () => Router<ApiRoute> {
  let router: Router<ApiRoute> | undefined;
  let version = -1;
  return () => {
    if (router === undefined || version !== contributions.version) router = makeRouter(contributions);
    version = contributions.version;
    return router;
  };
}

function makeRouter(contributions: Contributions): Router<ApiRoute> {
  const ours = listRoutes().map((route) => ({ ...route, handler: own[route.key] ?? answerByPlugin(route) }));
  const theirs = [...contributions.routes].map(([route, handler]) => toApiRoute(route, handler));
  return createRouter<ApiRoute>([...ours, ...theirs]);
}

function toApiRoute(
  { method, path: template, summary, role, body, response }: PluginRoute,
  handler: PluginHandler,
): ApiRoute {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    key: `${method} ${template}`,
    method,
    template,
    summary,
    role,
    path: Object.fromEntries(names.map((name) => [name, 'Name' as const])),
    query: {},
    response: 'OpenApi',
    inline: { response, ...(body === undefined ? {} : { body }) },
    handler: (_context, request) => askPlugin(handler, request),
  };
}

/** A route of the table that another plugin answers, if it is on. PHPeek PM's spelling of one is answered by the same. */
function answerByPlugin({ key, plugin = '' }: Route): Handler {
  const names = [key, key.replace('/schedule/', '/')];
  return ({ contributions }: ApiContext, request) => {
    const handler = names.map((name) => contributions.answers.get(name)).find((one) => one !== undefined);
    if (handler !== undefined) return askPlugin(handler, request);
    throw new Refused('PM_API_NO_PROVIDER', `the plugin "${plugin}" is not on`, {
      hint: `Switch it on: plugins: { ${plugin}: true }.`,
    });
  };
}

async function askPlugin(
  handler: PluginHandler,
  { parameters, body, caller, from, exchange }: ApiRequest,
): Promise<Answer> {
  const gone = new AbortController();
  exchange.response.once('close', () => gone.abort());
  try {
    const { status = 200, body: answer } = await handler({
      parameters,
      body,
      from,
      caller: caller?.name ?? 'anonymous',
      role: caller?.role ?? 'public',
      signal: gone.signal,
    });
    return { status, body: answer };
  } catch (error) {
    if (error instanceof PmError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refused('PM_API_PROVIDER_FAILED', `the plugin failed: ${reason}`);
  }
}
