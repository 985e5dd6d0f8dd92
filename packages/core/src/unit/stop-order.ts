import { toWaves } from '../plan/waves.ts';
import type { Graph } from '../plan/graph.ts';

/**
 * Order of a stop: dependents before what they depend on, waves of priority in reverse, all else at once.
 * Told of what is down, it says what may stop now.
 */
export interface StopOrder {
  /** Names that may be stopped now and were not named before. */
  next(): readonly string[];
  /** A process is fully down. Names it never had are ignored. */
  down(name: string): void;
  /** Who still has to be down before this one may stop. */
  blockersOf(name: string): readonly string[];
  readonly done: boolean;
}

export function createStopOrder(graph: Graph): StopOrder {
  const waves = toWaves(graph)
    .toReversed()
    .map((wave) => new Set(wave.processes));
  const waiting = new Map(graph.names.map((name) => [name, new Set(graph.dependents.get(name))]));
  const gone = new Set<string>();
  const named = new Set<string>();
  let current = 0;

  return {
    get done() {
      return gone.size === graph.names.length;
    },
    next() {
      const names = [...(waves[current] ?? [])].filter((name) => !named.has(name) && waiting.get(name)?.size === 0);
      for (const name of names) named.add(name);
      return names;
    },
    down(name) {
      if (gone.has(name) || !waiting.has(name)) return;
      gone.add(name);
      named.add(name);
      for (const dependency of graph.dependencies.get(name) ?? []) waiting.get(dependency)?.delete(name);
      for (const wave of waves) wave.delete(name);
      while (current < waves.length && waves[current]?.size === 0) current += 1;
    },
    blockersOf(name) {
      const dependents = [...(waiting.get(name) ?? [])];
      const wave = waves.findIndex((members) => members.has(name));
      return dependents.length > 0 || wave <= current ? dependents : [...(waves[current] ?? [])];
    },
  };
}
