import { buildGraph, formatDuration, formatStop, reverseGraph, toGracePeriodSeconds, toLayers, toLongestStop } from '@pm-supervisor/core';
import type { DependencySpec, LongestStop, Plan, ProcessSpec } from '@pm-supervisor/core';
import type { Paint } from './paint.ts';

/** What `pm plan` adds to the plan itself. */
export interface PlanSummary {
  /** Members of one step have no dependency on each other. */
  readonly startOrder: readonly (readonly string[])[];
  readonly stopOrder: readonly (readonly string[])[];
  /** The chain of stops that takes longest when each process takes all its time. */
  readonly longestStop: LongestStop;
  /** For `terminationGracePeriodSeconds` (Kubernetes) and `stop_grace_period` (Compose). */
  readonly gracePeriodSeconds: number;
  /** Known, but not started by the boot: disabled, on demand, or outside the default bundle. */
  readonly resting: readonly string[];
}

/** Computes the orders of a plan. Pure. */
export function summarizePlan(plan: Plan): PlanSummary {
  const graph = buildGraph(plan.processes.values());
  const booting = new Set(plan.booting);
  return {
    startOrder: onlyThose(toLayers(graph), booting),
    stopOrder: onlyThose(toLayers(reverseGraph(graph)), booting),
    longestStop: toLongestStop(graph, plan.processes, plan.hooks),
    gracePeriodSeconds: toGracePeriodSeconds(plan.global),
    resting: [...plan.processes.keys()].filter((name) => !booting.has(name)),
  };
}

function onlyThose(layers: readonly (readonly string[])[], names: ReadonlySet<string>): readonly (readonly string[])[] {
  return layers.map((layer) => layer.filter((name) => names.has(name))).filter((layer) => layer.length > 0);
}

/** The plan as a person reads it. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const { startOrder, stopOrder, longestStop, gracePeriodSeconds, resting } = summarizePlan(plan);
  const width = Math.max(0, ...[...plan.processes.keys()].map((name) => name.length));
  const describe = (name: string): string => describeProcess(plan.processes.get(name), name.padEnd(width), paint);
  const sections = [
    paint('bold', `${plan.name ?? 'Plan'}: ${count(plan.processes.size, 'process', 'processes')}, ${plan.booting.length} at boot`),
    listSteps('Start order', startOrder.map((names) => names.map(describe)), paint),
    listSteps('Stop order', stopOrder.map((names) => [names.join(', ')]), paint),
    ...(resting.length === 0 ? [] : [`${paint('bold', 'Not started by the boot')}\n${resting.map((name) => `     ${describe(name)}`).join('\n')}`]),
    [paint('bold', 'Longest stop'), ...describeStop(longestStop, plan.global.shutdownTimeoutMs, gracePeriodSeconds)].join('\n     '),
  ];
  return `${sections.join('\n\n')}\n`;
}

function listSteps(title: string, steps: readonly (readonly string[])[], paint: Paint): string {
  const lines = steps.flatMap((rows, step) => rows.map((row, index) => `${paint('dim', (index === 0 ? String(step + 1) : '').padStart(3))}  ${row}`));
  return [paint('bold', title), ...(lines.length === 0 ? ['     nothing'] : lines)].join('\n');
}

function describeProcess(spec: ProcessSpec | undefined, label: string, paint: Paint): string {
  if (spec === undefined) return label;
  const facts = [
    ...(spec.type === 'oneshot' ? ['oneshot'] : []),
    ...(spec.scale === 1 ? [] : [`×${spec.scale}`]),
    ...(spec.enabled ? [] : ['disabled']),
    ...(spec.required ? ['required'] : []),
    ...(spec.dependsOn.length === 0 ? [] : [`after ${spec.dependsOn.map(describeDependency).join(', ')}`]),
  ];
  return `${label}  ${paint('dim', facts.join(', '))}`.trimEnd();
}

function describeDependency({ process, condition }: DependencySpec): string {
  return `${process} (${condition})`;
}

function describeStop(longest: LongestStop, budgetMs: number, graceSeconds: number): readonly string[] {
  const path = longest.totalMs === 0 ? 'nothing takes time' : `${formatDuration(longest.totalMs)} (${formatStop(longest)})`;
  return [
    `${path}; the budget, global.shutdown_timeout, is ${formatDuration(budgetMs)}`,
    `terminationGracePeriodSeconds or stop_grace_period: at least ${graceSeconds} s`,
  ];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
