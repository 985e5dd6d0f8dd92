import { toLayers } from './graph.ts';
import type { Graph } from './graph.ts';

/** Processes that start together. A wave opens when every process of the earlier ones has been spawned. */
export interface Wave {
  /** The priority the wave starts at, see `toWaves`. */
  readonly priority: number;
  /** In start order: what a process needs stands before it. */
  readonly processes: readonly string[];
}

/** A process that starts earlier than its priority says, because one that starts earlier needs it. */
export interface PriorityConflict {
  readonly process: string;
  readonly priority: number;
  /** The first (lowest) wave of those that need it. */
  readonly wave: number;
  readonly neededBy: string;
}

/**
 * Start waves by `priority`, lowest first; stopping takes them in reverse. Dependencies win: a process starts no later
 * than the earliest wave that needs it. Without that rule a wave could wait for a process of a later wave, for ever.
 */
export function toWaves(graph: Graph): readonly Wave[] {
  const earliest = effectivePriorities(graph);
  const waves = Map.groupBy(toLayers(graph).flat(), (name) => earliest.get(name)?.wave ?? 0);
  return [...waves.keys()]
    .toSorted((a, b) => a - b)
    .map((priority) => ({ priority, processes: waves.get(priority) ?? [] }));
}

/** Every process whose `priority` contradicts what depends on it, in the order of declaration. */
export function findPriorityConflicts(graph: Graph): readonly PriorityConflict[] {
  const earliest = effectivePriorities(graph);
  return graph.names.flatMap((process) => {
    const found = earliest.get(process);
    const priority = graph.priorities.get(process) ?? 0;
    return found?.neededBy === undefined ? [] : [{ process, priority, wave: found.wave, neededBy: found.neededBy }];
  });
}

interface Earliest {
  readonly wave: number;
  /** Who pulled it forward; absent where its own priority counts. */
  readonly neededBy?: string;
}

function effectivePriorities(graph: Graph): ReadonlyMap<string, Earliest> {
  const earliest = new Map<string, Earliest>();
  // Dependents come last in the layers, so from the end each process sees all who need it already settled.
  for (const name of toLayers(graph).flat().toReversed()) {
    let own: Earliest = { wave: graph.priorities.get(name) ?? 0 };
    for (const dependent of graph.dependents.get(name) ?? []) {
      const wave = earliest.get(dependent)?.wave ?? own.wave;
      if (wave < own.wave) own = { wave, neededBy: dependent };
    }
    earliest.set(name, own);
  }
  return earliest;
}
