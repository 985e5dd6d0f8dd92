import type { Graph } from './graph.ts';
import { toWaves } from './waves.ts';
import type { ProcessSpec, HookSpec } from './spec.ts';

/** The chain of stops that wait for each other and together last longest. */
export interface StopPath {
  readonly totalMs: number;
  /** In stop order; what costs nothing is left out. */
  readonly steps: readonly { readonly process: string; readonly ms: number }[];
}

/** What one stop may cost. */
export interface StopCost {
  readonly ms: number;
  /** Its dependents do not run while it does: their time never comes on top of its own. */
  readonly alone: boolean;
}

/**
 * The longest path of a stop in which every process takes all the time it may: dependents stop before what they need,
 * and a wave of `priority` stops only when the later ones are gone.
 */
export function findLongestStopPath(graph: Graph, costOf: (process: string) => StopCost): StopPath {
  const ends = new Map<string, Ending>();
  let gone: Ending = { at: 0 };
  for (const wave of toWaves(graph).toReversed()) {
    const opened = gone;
    for (const process of wave.processes.toReversed()) {
      const dependents = graph.dependents.get(process) ?? [];
      const after = dependents.reduce((latest, dependent) => later(latest, ends.get(dependent)), opened);
      const end = toEnding(process, costOf(process), { opened, after });
      ends.set(process, end);
      gone = later(gone, end);
    }
  }
  return { totalMs: gone.at, steps: traceBack(gone) };
}

function toEnding(
  process: string,
  { ms, alone }: StopCost,
  { opened, after }: { opened: Ending; after: Ending },
): Ending {
  return alone ? later(after, { at: opened.at + ms, process, after: opened }) : { at: after.at + ms, process, after };
}

/**
 * How long one stop may take: pre_stop hooks and drain have the grace period, the stop signal has it once more (a hook
 * that hangs must not take the service's own time), and hooks that follow the end come on top. A oneshot counts alone:
 * what waits for it to complete does not run before it has ended.
 */
export function stopCost({ type, shutdown, hooks }: Pick<ProcessSpec, 'type' | 'shutdown' | 'hooks'>): StopCost {
  const drain = Math.min(hooksCost(hooks.preStop), shutdown.timeoutMs);
  const own = shutdown.graceful ? drain + shutdown.timeoutMs : 0;
  return { ms: own + hooksCost([...hooks.postStop, ...hooks.finish]), alone: type === 'oneshot' };
}

/** The longest a list of hooks can take, run one after the other with every retry. */
export function hooksCost(hooks: readonly Pick<HookSpec, 'timeoutMs' | 'retry' | 'retryDelayMs'>[]): number {
  return hooks.reduce((sum, hook) => sum + hook.timeoutMs * (hook.retry + 1) + hook.retryDelayMs * hook.retry, 0);
}

interface Ending {
  /** Milliseconds after the stop began. */
  readonly at: number;
  /** The process that ends then; absent at the very start. */
  readonly process?: string;
  readonly after?: Ending;
}

function later(a: Ending, b: Ending | undefined): Ending {
  return b !== undefined && b.at > a.at ? b : a;
}

function traceBack(last: Ending): StopPath['steps'] {
  const steps: { process: string; ms: number }[] = [];
  for (let end = last; end.process !== undefined && end.after !== undefined; end = end.after) {
    const ms = end.at - end.after.at;
    if (ms > 0) steps.push({ process: end.process, ms });
  }
  return steps.toReversed();
}
