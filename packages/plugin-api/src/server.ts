import type { Plan, PluginScope } from '@pm-supervisor/core';
import { createApiRoutes } from './app/api-routes.ts';
import { createApp } from './app/app.ts';
import type { ApiContext } from './handlers/handler.ts';
import { describeProcesses, takeStatus } from './handlers/state.ts';
import { createGate, type Gate } from './http/gate.ts';
import { createOperations } from './operations.ts';
import type { Contributions } from './registry.ts';
import type { EndMessage } from './routes/bodies.ts';
import type { ApiSettings } from './settings.ts';
import { createEventStream } from './streams/event-stream.ts';
import { createHub } from './streams/hub.ts';
import { createLogStream } from './streams/log-stream.ts';
import { createUsageMeter } from './usage.ts';

export interface ServerOptions {
  readonly pm: PluginScope;
  readonly settings: ApiSettings;
  readonly plan: () => Plan | undefined;
  readonly contributions: Contributions;
}

/** What answers connections. Loaded at the first of them. */
export interface ApiServer extends Pick<Gate, 'serve'> {
  /** Ends streams and what waits; what is being answered is finished. */
  close(): void;
}

/** Joins HTTP to the API. */
export function createApiServer({ pm, settings, plan, contributions }: ServerOptions): ApiServer {
  const { clock } = pm;
  const hub = createHub(clock);
  const closing = new AbortController();
  const router = createApiRoutes(contributions);
  const context: ApiContext = {
    pm,
    clock,
    plan,
    contributions,
    hub,
    operations: createOperations({
      pm,
      clock,
      closing: closing.signal,
      describe: (names) => describeProcesses(context, names),
      onDefect: (error) =>
        pm.logger.error(`api: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    }),
    meter: createUsageMeter(pm, clock),
    events: createEventStream({ events: pm.events, status: () => takeStatus(context) }),
    logs: createLogStream({ logs: pm.logs, sources: () => pm.logs.sources() }),
    routes: () => router().routes,
    inTurn: createTurns(),
  };
  const gate = createHttp({ pm, clock, settings, context, router });
  return {
    serve: gate.serve,
    close() {
      closing.abort();
      hub.close(toEndMessage(pm));
      gate.close();
    },
  };
}

/** Clients of a supervisor that goes on come back. */
function toEndMessage(pm: PluginScope): EndMessage {
  const { phase } = pm.snapshot();
  return phase === 'draining' || phase === 'stopped'
    ? { reason: 'closing', detail: 'the supervisor stops' }
    : { reason: 'renewed', detail: 'the API is set up anew: connect again' };
}

type HttpOptions = Omit<Parameters<typeof createApp>[0], 'unsentBytes'>;

/** The gate knows the app that answers, and the app how much the gate has not sent. */
function createHttp(options: HttpOptions): Gate {
  const app = createApp({ ...options, unsentBytes: () => gate.unsentBytes() });
  const gate: Gate = createGate({ clock: options.clock, handle: app });
  return gate;
}

/** Work of one name, one after the other. */
function createTurns(): ApiContext['inTurn'] {
  const lasts = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const turn = (lasts.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    lasts.set(name, settled);
    try {
      return await turn;
    } finally {
      if (lasts.get(name) === settled) lasts.delete(name);
    }
  };
}
