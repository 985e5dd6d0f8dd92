import { formatDuration } from './duration-text.ts';
import type { Graph } from './graph.ts';
import type { Report } from './build/report.ts';
import { findLongestStopPath, hooksCost, stopCost } from './stop-path.ts';
import type { StopPath } from './stop-path.ts';
import type { HookSet, Plan, ProcessSpec } from './spec.ts';

/** What the container's own limit should leave for the supervisor to end everything and flush the logs. */
const marginMs = 5000;

/** A stop that takes all the time it may: the longest path, and the global hooks around it. */
export interface LongestStop extends StopPath {
  readonly hooksMs: number;
}

/** Disabled processes do not count: they are started by command, if ever. */
export function toLongestStop(graph: Graph, specs: ReadonlyMap<string, ProcessSpec>, hooks: HookSet): LongestStop {
  const path = findLongestStopPath(graph, (name) => {
    const spec = specs.get(name);
    return spec?.enabled === true ? stopCost(spec) : { ms: 0, alone: false };
  });
  const hooksMs = hooksCost([...hooks.preStop, ...hooks.postStop]);
  return { totalMs: path.totalMs + hooksMs, steps: path.steps, hooksMs };
}

/** Seconds for Kubernetes' terminationGracePeriodSeconds or Compose's stop_grace_period: the budget and a margin. */
export function toGracePeriodSeconds({ shutdownTimeoutMs }: Pick<Plan['global'], 'shutdownTimeoutMs'>): number {
  return Math.ceil((shutdownTimeoutMs + marginMs) / 1000);
}

/** Warns when the longest stop does not fit into `shutdown_timeout`: what is left then is killed. */
export function checkStopBudget(longest: LongestStop, shutdownTimeoutMs: number, report: Report): void {
  if (longest.totalMs <= shutdownTimeoutMs) return;
  const seconds = toGracePeriodSeconds({ shutdownTimeoutMs: longest.totalMs });
  report.warning(
    'global.shutdown_timeout',
    `a stop may take ${formatDuration(longest.totalMs)} (${formatStop(longest)}), but everything is killed after ${formatDuration(shutdownTimeoutMs)}`,
    `Set "global: {shutdown_timeout: ${formatDuration(longest.totalMs)}}" (or auto) and terminationGracePeriodSeconds / stop_grace_period to ${seconds} s, or shorten "shutdown.timeout" of these processes.`,
  );
}

/** `nginx 30s → php-fpm 30s + global hooks 10s`. */
export function formatStop({ steps, hooksMs }: LongestStop): string {
  const path = steps.map((step) => `${step.process} ${formatDuration(step.ms)}`).join(' → ');
  const hooks = hooksMs === 0 ? '' : `global hooks ${formatDuration(hooksMs)}`;
  return [path, hooks].filter((part) => part !== '').join(' + ');
}
