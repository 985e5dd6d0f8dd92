import { toOpenApi } from '../openapi.ts';
import type { RouteKey } from '../routes/types.ts';
import type { routes } from '../routes/table.ts';
import * as commands from './commands.ts';
import { type Handler, ok } from './handler.ts';
import * as state from './state.ts';
import * as streams from './streams.ts';

type Table = typeof routes;

/** Routes that this plugin answers itself. */
type OwnRoute = { [K in RouteKey]: Table[K] extends { readonly plugin: string } ? never : K }[RouteKey];

const getOpenApi: Handler = ({ routes: listRoutes, pm }) => ok(toOpenApi(listRoutes(), pm.snapshot().version));

/** One handler for each of our routes, total by type. */
export const handlers: { readonly [K in OwnRoute]: Handler } = {
  'GET /api/v1/status': state.getStatus,
  'GET /api/v1/processes': state.listProcesses,
  'POST /api/v1/processes': commands.addProcess,
  'DELETE /api/v1/processes': commands.removeLabelled,
  'POST /api/v1/processes:reconcile': commands.reconcileProcesses,
  'GET /api/v1/processes/{name}': state.getProcess,
  'PUT /api/v1/processes/{name}': commands.putProcess,
  'DELETE /api/v1/processes/{name}': commands.removeProcess,
  'POST /api/v1/processes/{name}/start': commands.startProcesses,
  'POST /api/v1/processes/{name}/stop': commands.stopProcesses,
  'POST /api/v1/processes/{name}/restart': commands.restartProcesses,
  'POST /api/v1/processes/{name}/reload': commands.reloadProcesses,
  'POST /api/v1/processes/{name}/signal': commands.signalProcesses,
  'POST /api/v1/processes/{name}/scale': commands.scaleProcess,
  'GET /api/v1/processes/{name}/logs': streams.getLogs,
  'GET /api/v1/logs': streams.getLogs,
  'GET /api/v1/events': streams.getEvents,
  'GET /api/v1/operations': state.listOperations,
  'GET /api/v1/operations/{id}': state.getOperation,
  'GET /api/v1/config': state.getConfig,
  'POST /api/v1/config:reload': commands.reloadConfig,
  'GET /api/v1/plugins': state.listPlugins,
  'GET /api/v1/whoami': state.getWhoAmI,
  'POST /api/v1/shutdown': commands.shutDown,
  'GET /api/v1/openapi.json': getOpenApi,
  'GET /livez': state.getLiveness,
  'GET /readyz': state.getReadiness,
  'GET /api/v1/livez': state.getLiveness,
  'GET /api/v1/readyz': state.getReadiness,
  'GET /api/v1/health': state.getHealth,
  'POST /api/v1/config/reload': commands.reloadConfig,
  'GET /api/v1/oneshot/history': state.listOneshotRuns,
};
