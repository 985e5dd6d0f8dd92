import type { InstanceView, ProcessView } from '@pm-supervisor/core';
import type { CallerRole } from './section.ts';
import type { HealthStatus, ScheduleStatus } from './routes/status.ts';
import type { JsonSchema } from './routes/schema.ts';
import type { Method, Role } from './routes/route.ts';

/** A request as a plugin that answers a route sees it: checked against what the route takes. */
export interface PluginRequest {
  /** Parameters of path and query. Flags are booleans, numbers are numbers, waits are milliseconds. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly body: unknown;
  /** Name of the caller, for `onBehalfOf`, and where it is, for `from` of a command. */
  readonly caller: string;
  readonly from: string;
  readonly role: CallerRole | 'public';
  /** Aborts when the client goes. */
  readonly signal: AbortSignal;
}

/** What a plugin answers; `status` is 200 without it. */
export interface PluginAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** Answers a route. A PmError becomes a problem with its code; anything else is a failure of the plugin. */
export type PluginHandler = (request: PluginRequest) => PluginAnswer | Promise<PluginAnswer>;

/** A route of a plugin's own, below `/api/v1/plugins/`. */
export interface PluginRoute {
  readonly method: Method;
  /** `/api/v1/plugins/heartbeat/beats/{instance}`: parameters are texts. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role;
  /** Checked before the handler is called. Without it a body is refused. */
  readonly body?: JsonSchema;
  readonly response: JsonSchema;
}

/** One request that was answered, for metrics. */
export interface AnsweredRequest {
  /** As in the table: `GET /api/v1/processes/{name}`; `unknown` where there is no such route. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What other plugins can do with the API: `pm.use('api')`. Each function returns the way to take it back. */
export interface ApiRegistry {
  /** Answers a route of the table that is another plugin's: `POST /api/v1/processes/{name}/trigger`. Throws RangeError for any other. */
  answer(route: string, handler: PluginHandler): () => void;
  /** Adds a route. Throws RangeError where the path is not below `/api/v1/plugins/`, or is taken. */
  route(route: PluginRoute, handler: PluginHandler): () => void;
  /** Says what a probe found, for the `health` of each instance. The first that knows answers. */
  health(describe: (view: InstanceView) => HealthStatus | undefined): () => void;
  /** Says when a process runs, for its `schedule`. The first that knows answers. */
  schedule(describe: (view: ProcessView) => ScheduleStatus | undefined): () => void;
  /** Told of each request, once it is answered. */
  observe(listener: (request: AnsweredRequest) => void): () => void;
}

/** What has been registered. */
export interface Contributions {
  readonly answers: ReadonlyMap<string, PluginHandler>;
  readonly routes: ReadonlyMap<PluginRoute, PluginHandler>;
  /** Counts changes of `routes`. */
  readonly version: number;
  health(view: InstanceView): HealthStatus | undefined;
  schedule(view: ProcessView): ScheduleStatus | undefined;
  observed(request: AnsweredRequest): void;
}

const ownFolder = '/api/v1/plugins/';

/** An empty registry, and what is in it. `isOpen` says whether a route of the table may be answered by a plugin. */
export function createRegistry(isOpen: (key: string) => boolean): {
  readonly registry: ApiRegistry;
  readonly contributions: Contributions;
} {
  const answers = new Map<string, PluginHandler>();
  const routes = new Map<PluginRoute, PluginHandler>();
  const healths = new Set<Parameters<ApiRegistry['health']>[0]>();
  const schedules = new Set<Parameters<ApiRegistry['schedule']>[0]>();
  const listeners = new Set<(request: AnsweredRequest) => void>();
  let version = 0;
  const registry: ApiRegistry = {
    answer(route, handler) {
      if (!isOpen(route)) throw new RangeError(`${route} is no route that a plugin answers`);
      answers.set(route, handler);
      return () => void (answers.get(route) === handler && answers.delete(route));
    },
    route(route, handler) {
      refuseRoute(route, routes);
      routes.set(route, handler);
      version += 1;
      return () => void (routes.delete(route) && (version += 1));
    },
    health: (describe) => addTo(healths, describe),
    schedule: (describe) => addTo(schedules, describe),
    observe: (listener) => addTo(listeners, listener),
  };
  const contributions: Contributions = {
    answers,
    routes,
    get version() {
      return version;
    },
    health: (view) => findFirst(healths, view),
    schedule: (view) => findFirst(schedules, view),
    observed: (request) => listeners.forEach((listener) => listener(request)),
  };
  return { registry, contributions };
}

function refuseRoute({ path, method }: PluginRoute, routes: ReadonlyMap<PluginRoute, PluginHandler>): void {
  if (!path.startsWith(ownFolder))
    throw new RangeError(`the path of a plugin's route begins with ${ownFolder}: ${path}`);
  const isTaken = [...routes.keys()].some((other) => other.path === path && other.method === method);
  if (isTaken) throw new RangeError(`there is a route ${method} ${path} already`);
}

function addTo<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => void set.delete(item);
}

function findFirst<A, B>(describers: ReadonlySet<(view: A) => B | undefined>, view: A): B | undefined {
  for (const describe of describers) {
    const found = describe(view);
    if (found !== undefined) return found;
  }
  return undefined;
}
