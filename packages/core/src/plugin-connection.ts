import { explainPlan } from './plan/explain.ts';
import type { Planned } from './planner.ts';
import type { Supervisor, World } from './supervisor.ts';

/** Joins the plugins of a plan to the supervisor that runs it: from now on they can dispatch, read and emit. */
export function connectPlugins(
  planned: Planned,
  supervisor: Supervisor,
  { logs, socketPlace: socket }: Pick<World, 'logs' | 'socketPlace'>,
): void {
  const { host, origin } = planned;
  host.connect({
    dispatch: supervisor.dispatch,
    snapshot: () => supervisor.snapshot(),
    emit: (type, payload) => void supervisor.journal.append(type, payload),
    logger: logs.logger,
    events: supervisor.journal,
    logs,
    usage: (instances) => supervisor.usage(instances),
    explain: () => ({ origin, keys: explainPlan(supervisor.plan, planned.values, planned.secrets).keys }),
    plugins: () => host.plugins(),
    socket,
    announceSocket: (path) => supervisor.announceSocket(path),
  });
}
