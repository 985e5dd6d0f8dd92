import { toGracePeriodSeconds, toLongestStop } from './stop-budget.ts';
import type { LongestStop } from './stop-budget.ts';
import { valueAt } from './check/templates.ts';
import { buildGraph, reverseGraph, subgraph, toLayers } from './graph.ts';
import type { Graph } from './graph.ts';
import { maskValue } from './mask.ts';
import type { Plan, Provenance } from './spec.ts';
import { toWaves } from './waves.ts';

/** Processes that start (or stop) at once, when those of the step before are through. */
export interface ExplainedStep {
  /** The wave they belong to. */
  readonly priority: number;
  readonly processes: readonly string[];
}

/** Who set one key, and to what. */
export interface ExplainedKey {
  readonly path: string;
  /** As the user wrote it; secrets are masked. Absent where the values are not known. */
  readonly value?: unknown;
  /** `plugin autotune (cgroup memory 2 GiB)`, `pm.yaml:14:11`. */
  readonly source: string;
}

/** What `pm plan --explain` shows. Plain data, fit for JSON. */
export interface Explanation {
  readonly start: readonly ExplainedStep[];
  readonly stop: readonly ExplainedStep[];
  readonly idle: readonly { readonly process: string; readonly why: string }[];
  readonly longestStop: LongestStop;
  readonly shutdownTimeoutMs: number;
  readonly gracePeriodSeconds: number;
  readonly keys: readonly ExplainedKey[];
  /** For each process that boots: how many instances, and of what type. */
  readonly processes: readonly { readonly name: string; readonly type: string; readonly scale: number }[];
}

/**
 * Explains a plan. `values` is the merged configuration that its provenance belongs to; without it, keys have no values.
 * `secrets` are texts in it that are never shown.
 */
export function explainPlan(plan: Plan, values?: unknown, secrets?: ReadonlySet<string>): Explanation {
  const graph = buildGraph(plan.processes.values());
  const booting = subgraph(graph, plan.booting);
  return {
    start: toSteps(booting),
    stop: toSteps(booting, 'stop'),
    idle: toIdle(plan),
    longestStop: toLongestStop(graph, plan.processes, plan.hooks),
    shutdownTimeoutMs: plan.global.shutdownTimeoutMs,
    gracePeriodSeconds: toGracePeriodSeconds(plan.global),
    keys: [...plan.provenance].map(([path, provenance]) => {
      const value = valueAt(values, path);
      return {
        path,
        ...(value === undefined ? {} : { value: maskValue(path, value, secrets) }),
        source: formatSource(provenance),
      };
    }),
    processes: [...plan.processes.values()].map(({ name, type, scale }) => ({ name, type, scale })),
  };
}

/** Waves in order (reversed for a stop), each in layers of what does not need each other. */
function toSteps(graph: Graph, way: 'start' | 'stop' = 'start'): readonly ExplainedStep[] {
  const waves = toWaves(graph);
  const ordered = way === 'start' ? waves : waves.toReversed();
  return ordered.flatMap(({ priority, processes }) => {
    const wave = subgraph(graph, processes);
    return toLayers(way === 'start' ? wave : reverseGraph(wave)).map((layer) => ({ priority, processes: layer }));
  });
}

function toIdle(plan: Plan): Explanation['idle'] {
  const booting = new Set(plan.booting);
  return [...plan.processes.values()]
    .filter((spec) => !booting.has(spec.name))
    .map((spec) => ({
      process: spec.name,
      why: !spec.enabled ? 'disabled' : spec.initialState === 'stopped' ? 'on demand' : 'not in the bundle "default"',
    }));
}

/** Who it was, in words. */
export function formatSource({ layer, from, line, column, note }: Provenance): string {
  const place = line === undefined ? from : `${from}:${line}:${column ?? 1}`;
  const kinds: Readonly<Partial<Record<Provenance['layer'], string>>> = {
    plugin: `plugin ${from}`,
    profile: `profile, ${place}`,
    extends: `extends, ${place}`,
    dynamic: `at run time, ${from}`,
  };
  const source = kinds[layer] ?? place;
  return note === undefined ? source : `${source} (${note})`;
}
