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
  const waveOf = new Map(waves.flatMap((wave, index) => [...wave].map((name) => [name, index] as const)));
  const waiting = new Map(graph.names.map((name) => [name, new Set(graph.dependents.get(name))]));
  const gone = new Set<string>();
  /** May stop, and not named yet. Kept, because looking for them at each end would be a look at everybody. */
  let ready: string[] = [];
  let current = 0;

  const offer = (name: string): void => {
    if (waveOf.get(name) === current && !gone.has(name) && waiting.get(name)?.size === 0) ready.push(name);
  };
  const offerWave = (): void => waves[current]?.forEach(offer);
  const leaveEmptyWaves = (): void => {
    const before = current;
    while (current < waves.length && waves[current]?.size === 0) current += 1;
    if (current !== before) offerWave();
  };
  offerWave();
  return {
    get done() {
      return gone.size === graph.names.length;
    },
    next() {
      const names = ready.filter((name) => !gone.has(name));
      ready = [];
      return names;
    },
    down(name) {
      if (gone.has(name) || !waiting.has(name)) return;
      gone.add(name);
      waves[waveOf.get(name) ?? -1]?.delete(name);
      for (const dependency of graph.dependencies.get(name) ?? []) {
        if (waiting.get(dependency)?.delete(name) === true) offer(dependency);
      }
      leaveEmptyWaves();
    },
    blockersOf(name) {
      const dependents = [...(waiting.get(name) ?? [])];
      const wave = gone.has(name) ? -1 : (waveOf.get(name) ?? -1);
      return dependents.length > 0 || wave <= current ? dependents : [...(waves[current] ?? [])];
    },
  };
}
