import type { Clock, PluginScope, Snapshot, TreeUsage } from '@pm-supervisor/core';
import type { Usage } from './status.ts';

/** Measures when it is asked, and not again within a second. */
export interface UsageMeter {
  measure(snapshot: Snapshot): Promise<ReadonlyMap<string, Usage>>;
}

/** Two looks that are closer say little about CPU, and cost the same. */
const freshMs = 1000;

interface Sample {
  readonly pid: number;
  /** Milliseconds of a clock that never goes back. */
  readonly at: number;
  readonly cpuSeconds: number;
}

export function createUsageMeter(pm: Pick<PluginScope, 'usage'>, clock: Clock): UsageMeter {
  let samples = new Map<string, Sample>();
  let takenAt = -Infinity;
  let latest: Promise<ReadonlyMap<string, Usage>> = Promise.resolve(new Map());

  const take = async (snapshot: Snapshot): Promise<ReadonlyMap<string, Usage>> => {
    const found = await pm.usage();
    const next = new Map<string, Sample>();
    const result = new Map<string, Usage>();
    for (const { id, pid, startedAt } of snapshot.processes.flatMap(({ instances }) => instances)) {
      const used = found.get(id);
      if (used === undefined || pid === undefined) continue;
      const sample = { pid, at: clock.monotonic(), cpuSeconds: used.cpuSeconds };
      const before = samples.get(id);
      const ageMs = clock.now() - (startedAt ?? clock.now());
      next.set(id, sample);
      result.set(id, toUsage(used, toCpuPercent(sample, before?.pid === pid ? before : undefined, ageMs)));
    }
    samples = next;
    return result;
  };
  return {
    measure(snapshot) {
      if (clock.monotonic() - takenAt < freshMs) return latest;
      takenAt = clock.monotonic();
      latest = take(snapshot);
      return latest;
    },
  };
}

/** 100 is one CPU. Since the look before; at the first look, since the start. Never below 0, although a tree that loses a process loses its time. */
export function toCpuPercent(now: Sample, before: Sample | undefined, ageMs: number): number {
  const overMs = before === undefined ? ageMs : now.at - before.at;
  const seconds = now.cpuSeconds - (before?.cpuSeconds ?? 0);
  return overMs <= 0 ? 0 : Math.max(0, Math.round((seconds / (overMs / 1000)) * 1000) / 10);
}

function toUsage({ rssBytes, threads, fds }: TreeUsage, cpuPercent: number): Usage {
  return { cpuPercent, rssBytes, threads, fds: fds ?? null };
}
