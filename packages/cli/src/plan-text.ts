import { buildGraph, findLongestStopPath, formatDuration, reverseGraph, stopCost, toLayers } from '@pm-supervisor/core';
import type { DependencySpec, Plan, ProcessSpec, StopPath } from '@pm-supervisor/core';
import type { Paint } from './paint.ts';

/** What `pm plan` adds to the plan itself. */
export interface PlanSummary {
  /** Members of one step have no dependency on each other. */
  readonly startOrder: readonly (readonly string[])[];
  readonly stopOrder: readonly (readonly string[])[];
  /** The chain of stops that takes longest when each process takes all its time. */
  readonly longestStop: StopPath;
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
    longestStop: findLongestStopPath(graph, (name) => costOf(plan.processes.get(name))),
    resting: [...plan.processes.keys()].filter((name) => !booting.has(name)),
  };
}

function onlyThose(layers: readonly (readonly string[])[], names: ReadonlySet<string>): readonly (readonly string[])[] {
  return layers.map((layer) => layer.filter((name) => names.has(name))).filter((layer) => layer.length > 0);
}

function costOf(spec: ProcessSpec | undefined): number {
  return spec === undefined ? 0 : stopCost(spec);
}

/** The plan as a person reads it. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const { startOrder, stopOrder, longestStop, resting } = summarizePlan(plan);
  const width = Math.max(0, ...[...plan.processes.keys()].map((name) => name.length));
  const describe = (name: string): string => describeProcess(plan.processes.get(name), name.padEnd(width), paint);
  const sections = [
    paint('bold', `${plan.name ?? 'Plan'}: ${count(plan.processes.size, 'process', 'processes')}, ${plan.booting.length} at boot`),
    listSteps('Start order', startOrder.map((names) => names.map(describe)), paint),
    listSteps('Stop order', stopOrder.map((names) => [names.join(', ')]), paint),
    ...(resting.length === 0 ? [] : [`${paint('bold', 'Not started by the boot')}\n${resting.map((name) => `     ${describe(name)}`).join('\n')}`]),
    `${paint('bold', 'Longest stop')}\n     ${describeStop(longestStop, plan.global.shutdownTimeoutMs)}`,
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

function describeStop({ totalMs, steps }: StopPath, budgetMs: number): string {
  const chain = steps.map(({ process, ms }) => `${process} ${formatDuration(ms)}`).join(' → ');
  const path = steps.length === 0 ? 'nothing takes time' : `${formatDuration(totalMs)}: ${chain}`;
  return `${path}; the budget (global.shutdown_timeout) is ${formatDuration(budgetMs)}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
