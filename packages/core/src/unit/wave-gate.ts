import { toWaves } from '../plan/waves.ts';
import type { Graph } from '../plan/graph.ts';
import type { Unit } from './unit.ts';

/** The waves of a boot: which processes still keep later ones from starting. */
export interface WaveGate {
  /** Processes of earlier waves that were not spawned yet. */
  earlierThan(name: string): readonly string[];
  /** To be told of every change. true: a wave has opened. */
  passed(unit: Unit): boolean;
}

/** Waves of `booting` by priority; a process that is not among them waits for none. */
export function createWaveGate(graph: Graph, booting: ReadonlySet<string>): WaveGate {
  const pending = toWaves(graph)
    .map((wave) => new Set(wave.processes.filter((name) => booting.has(name))))
    .filter((wave) => wave.size > 0);
  const waveOf = new Map(pending.flatMap((wave, index) => [...wave].map((name) => [name, index] as const)));
  let current = 0;

  return {
    earlierThan(name) {
      const wave = waveOf.get(name);
      return wave === undefined || wave <= current ? [] : [...(pending[current] ?? [])];
    },
    passed(unit) {
      const wave = waveOf.get(unit.name);
      if (wave === undefined || !hasPassed(unit)) return false;
      pending[wave]?.delete(unit.name);
      const before = current;
      while (current < pending.length && pending[current]?.size === 0) current += 1;
      return current > before;
    },
  };
}

/** Spawned, or never to be: a process that failed or takes no part holds nobody back. */
function hasPassed({ standing, desired, instances }: Unit): boolean {
  if (standing.skipped || standing.failed || desired === 'down') return true;
  return (
    standing.startedSince !== undefined || (instances.length > 0 && instances.every((instance) => instance.spawns > 0))
  );
}
