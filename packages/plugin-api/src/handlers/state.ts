import { CommandError, type InstanceView, type PluginInfo, type ProcessView } from '@pm-supervisor/core';
import { toMoment } from '../moment.ts';
import { Refused } from '../problem.ts';
import type { PluginStatus, Readiness, RunRecord, WhoAmI } from '../routes/bodies.ts';
import type { ProcessStatus, Status } from '../routes/status.ts';
import { findWaiting, isReady, type StatusFacts, toProcessStatus, toStatus, type Usage } from '../status.ts';
import { type ApiContext, type ApiRequest, type Handler, numberOf, ok, textOf } from './handler.ts';
import { findProcesses, toNames } from './targets.ts';

const noUsage: ReadonlyMap<string, Usage> = new Map();

/** What a status is made from now. */
export function toFacts(
  { clock, plan, contributions }: ApiContext,
  usage: ReadonlyMap<string, Usage> = noUsage,
): StatusFacts {
  return {
    now: clock.now(),
    plan: plan(),
    usage,
    health: (view: InstanceView) => contributions.health(view),
    schedule: (view: ProcessView) => contributions.schedule(view),
  };
}

/** Without what is measured: it is there at once. */
export function takeStatus(context: ApiContext): Status {
  return toStatus(context.pm.snapshot(), toFacts(context));
}

async function measure(
  context: ApiContext,
  request: ApiRequest,
  views: readonly ProcessView[],
): Promise<ReadonlyMap<string, Usage>> {
  return request.parameters['usage'] === false ? noUsage : context.meter.measure(views);
}

export const getStatus: Handler = async (context, request) => {
  const usage = await measure(context, request, context.pm.snapshot().processes);
  return ok(toStatus(context.pm.snapshot(), toFacts(context, usage)));
};

export const listProcesses: Handler = async (context, request) => {
  const label = textOf(request, 'label');
  const names = [...toNames(textOf(request, 'name') ?? ''), ...(label === undefined ? [] : [`label=${label}`])];
  const views = names.length === 0 ? context.pm.snapshot().processes : findProcesses(context, names);
  const facts = toFacts(context, await measure(context, request, views));
  return ok({ processes: views.map((view) => toProcessStatus(view, facts)) });
};

export const getProcess: Handler = async (context, request) => {
  const name = textOf(request, 'name') ?? '';
  const view = findProcesses(context, [name]).find((one) => one.name === name);
  if (view === undefined) {
    throw new CommandError('PM_COMMAND_UNKNOWN_TARGET', `there is no process "${name}"`, {
      hint: 'To ask for several, use /api/v1/processes?name=….',
    });
  }
  return ok(toProcessStatus(view, toFacts(context, await measure(context, request, [view]))));
};

/** Processes by name as they are now; those that are gone are left out. */
export function describeProcesses(context: ApiContext, names: readonly string[]): readonly ProcessStatus[] {
  const wanted = new Set(names);
  const facts = toFacts(context);
  return context.pm
    .snapshot()
    .processes.filter(({ name }) => wanted.has(name))
    .map((view) => toProcessStatus(view, facts));
}

export const listOperations: Handler = ({ operations }) => ok({ operations: operations.list() });

export const getOperation: Handler = async ({ operations }, request) => {
  const id = textOf(request, 'id') ?? '';
  const waitMs = numberOf(request, 'wait');
  const operation = waitMs === undefined ? operations.get(id) : await operations.await(id, waitMs);
  if (operation === undefined)
    throw new Refused('PM_API_NOT_FOUND', `there is no operation "${id}"`, {
      hint: 'The last thousand are kept, until the API is set up anew.',
    });
  return ok(operation);
};

export const getConfig: Handler = ({ pm }) => ok(pm.explain());

export const listPlugins: Handler = ({ pm }) => ok({ plugins: pm.plugins().map(toPluginStatus) });

function toPluginStatus({ timings, ...plugin }: PluginInfo): PluginStatus {
  const { resolveMs, setupMs, layerMs } = timings;
  const round = (ms: number): number => Math.round(ms * 100) / 100;
  return { ...plugin, timings_ms: { resolve: round(resolveMs), setup: round(setupMs), layer: round(layerMs) } };
}

export const getWhoAmI: Handler = ({ pm }, { caller, exchange }) => {
  const { version, pid } = pm.snapshot();
  const { transport, peer } = exchange.connection.origin;
  const answer: WhoAmI = {
    caller: `api:${caller?.name ?? 'anonymous'}`,
    role: caller?.role ?? 'read',
    transport,
    ...(transport === 'unix' ? {} : { peer }),
    version,
    pid,
  };
  return ok(answer);
};

export const getLiveness: Handler = () => ok({ status: 'ok' });

export const getHealth: Handler = () => ok({ status: 'healthy' });

export const getReadiness: Handler = ({ pm, plan }, { caller }) => {
  const snapshot = pm.snapshot();
  const ready = isReady(snapshot, plan());
  const waiting = findWaiting(snapshot, plan()).map(({ name, state, reason }) => ({
    process: name,
    state,
    // What a reason says (a command, a path) is for those who may look.
    ...(reason === undefined || caller === undefined ? {} : { reason }),
  }));
  const body: Readiness = { status: ready ? 'ready' : 'not ready', phase: snapshot.phase, waiting };
  return { status: ready ? 200 : 503, body };
};

/** From the events that are kept: no timer and no list of its own. */
export const listOneshotRuns: Handler = ({ pm }, request) => {
  const limit = numberOf(request, 'limit') ?? 100;
  const oneshots = new Set(
    pm
      .snapshot()
      .processes.filter(({ type }) => type === 'oneshot')
      .map(({ name }) => name),
  );
  const runs: RunRecord[] = [];
  for (const event of pm.events.since(0).events) {
    if (event.type !== 'instance.exited' || !oneshots.has(event.process)) continue;
    const { process, instance, exit, ranMs } = event;
    runs.push({
      process,
      instance,
      started_at: toMoment(exit.at - ranMs),
      ended_at: toMoment(exit.at),
      success: exit.code === 0,
      exit_code: exit.code,
      signal: exit.signal,
      text: exit.text,
    });
  }
  return ok({ runs: limit === 0 ? [] : runs.slice(-limit).toReversed() });
};
