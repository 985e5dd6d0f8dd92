import type { Clock, InstanceView, PluginScope, ProcessView, TreeUsage } from '@pm-supervisor/core';
import type { Usage } from './status.ts';

/** Measures when it is asked, what it is asked for, and nothing twice within a second. */
export interface UsageMeter {
  /** What the instances of these processes use, by instance; those that do not run are left out. */
  measure(views: readonly ProcessView[]): Promise<ReadonlyMap<string, Usage>>;
}

/** Two looks that are closer say little about CPU, and cost the same. */
const freshMs = 1000;

/** One look at an instance. */
export interface Sample {
  readonly pid: number;
  /** Milliseconds of a clock that never goes back. */
  readonly at: number;
  readonly cpuSeconds: number;
}

interface Look extends Sample {
  readonly usage: Usage;
}

export function createUsageMeter(pm: Pick<PluginScope, 'usage'>, clock: Clock): UsageMeter {
  const looks = new Map<string, Look>();
  /** One look at a time: who comes meanwhile finds what it has found. */
  let turn: Promise<unknown> = Promise.resolve();

  const isFresh = ({ id, pid }: InstanceView): boolean => {
    const look = looks.get(id);
    return look !== undefined && look.pid === pid && clock.monotonic() - look.at < freshMs;
  };
  const look = async (instances: readonly InstanceView[]): Promise<void> => {
    const stale = instances.filter((view) => !isFresh(view));
    if (stale.length === 0) return;
    const found = await pm.usage(new Set(stale.map(({ id }) => id)));
    for (const view of stale) {
      const used = found.get(view.id);
      if (used === undefined || view.pid === undefined) looks.delete(view.id);
      else looks.set(view.id, toLook({ view, pid: view.pid, used, before: looks.get(view.id), clock }));
    }
    forgetOldest(looks);
  };
  return {
    async measure(views) {
      const running = views.flatMap(({ instances }) => instances).filter(({ pid }) => pid !== undefined);
      const own = turn.then(() => look(running));
      turn = own.catch(() => undefined);
      await own;
      return new Map(
        running.flatMap(({ id, pid }) => {
          const known = looks.get(id);
          return known?.pid === pid && known !== undefined ? [[id, known.usage] as const] : [];
        }),
      );
    },
  };
}

interface Looking {
  readonly view: InstanceView;
  readonly pid: number;
  readonly used: TreeUsage;
  readonly before: Sample | undefined;
  readonly clock: Clock;
}

function toLook({ view, pid, used, before, clock }: Looking): Look {
  const sample = { pid, at: clock.monotonic(), cpuSeconds: used.cpuSeconds };
  const ageMs = clock.now() - (view.startedAt ?? clock.now());
  const cpuPercent = toCpuPercent(sample, before?.pid === pid ? before : undefined, ageMs);
  const { rssBytes, threads, fds = null } = used;
  return { ...sample, usage: { cpuPercent, rssBytes, threads, fds } };
}

/** More than any machine runs: instances that came and went, and were looked at. */
const mostLooks = 20_000;

function forgetOldest(looks: Map<string, Look>): void {
  for (const id of looks.keys()) {
    if (looks.size <= mostLooks) return;
    looks.delete(id);
  }
}

/**
 * 100 is one CPU. Since the look before; at the first look, since the start. Never below 0, although a tree that loses a
 * process loses its time.
 */
export function toCpuPercent(now: Sample, before: Sample | undefined, ageMs: number): number {
  const overMs = before === undefined ? ageMs : now.at - before.at;
  const seconds = now.cpuSeconds - (before?.cpuSeconds ?? 0);
  return overMs <= 0 ? 0 : Math.max(0, Math.round((seconds / (overMs / 1000)) * 1000) / 10);
}
