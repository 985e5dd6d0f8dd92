import type { DependencySpec, InstanceView, LastExit, Plan, ProcessView, Snapshot } from '@pm-supervisor/core';
import { toMoment, toMomentOrNull, toSeconds } from './moment.ts';
import type {
  DependencyStatus,
  ExitStatus,
  HealthStatus,
  InstanceStatus,
  ProcessStatus,
  ScheduleStatus,
  Status,
} from './routes/status.ts';

/** What an instance uses, as it is shown. */
export interface Usage {
  readonly cpuPercent: number;
  readonly rssBytes: number;
  readonly threads: number;
  readonly fds: number | null;
}

/** What a status is made from, beside the snapshot. */
export interface StatusFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly plan: Plan | undefined;
  /** By instance; empty where it was not asked for. */
  readonly usage: ReadonlyMap<string, Usage>;
  /** From the plugin that probes. */
  readonly health: (view: InstanceView) => HealthStatus | undefined;
  /** From the plugin that schedules. */
  readonly schedule: (view: ProcessView) => ScheduleStatus | undefined;
}

export function toStatus(snapshot: Snapshot, facts: StatusFacts): Status {
  const { name, version, pid, phase, startedAt, seq, processes } = snapshot;
  return {
    ...(name === undefined ? {} : { name }),
    version,
    pid,
    phase,
    ready: isReady(snapshot, facts.plan),
    started_at: toMoment(startedAt),
    uptime_s: toSeconds(facts.now - startedAt),
    seq,
    processes: processes.map((view) => toProcessStatus(view, facts)),
  };
}

/** Everything that boots is ready, has completed, or does not take part. */
export function isReady(snapshot: Snapshot, plan: Plan | undefined): boolean {
  return snapshot.phase === 'running' && findWaiting(snapshot, plan).length === 0;
}

/** Those that boot and are neither ready nor done. */
export function findWaiting({ processes }: Snapshot, plan: Plan | undefined): readonly ProcessView[] {
  const booting = new Set(plan?.booting);
  return processes.filter((view) => booting.has(view.name) && !isThere(view));
}

/** Ready, ended as it should, wanted with no instance, or skipped by its own condition. */
function isThere({ ready, state, scale, reason = '' }: ProcessView): boolean {
  return ready || state === 'COMPLETED' || scale === 0 || reason.startsWith('skipped');
}

export function toProcessStatus(view: ProcessView, facts: StatusFacts): ProcessStatus {
  const spec = facts.plan?.processes.get(view.name);
  const schedule = facts.schedule(view);
  return {
    name: view.name,
    type: view.type,
    state: view.state,
    ready: view.ready,
    desired: view.desired,
    scale: view.scale,
    max_scale: spec?.maxScale ?? view.scale,
    labels: view.labels,
    source: view.source,
    ...(view.reason === undefined ? {} : { reason: view.reason }),
    depends_on: (spec?.dependsOn ?? []).map(toDependency),
    ...(schedule === undefined ? {} : { schedule }),
    instances: view.instances.map((instance) => toInstanceStatus(instance, facts)),
  };
}

function toDependency({ process, condition, optional }: DependencySpec): DependencyStatus {
  return { process, condition, optional };
}

function toInstanceStatus(view: InstanceView, { now, usage, health }: StatusFacts): InstanceStatus {
  const used = usage.get(view.id);
  return {
    id: view.id,
    index: view.index,
    state: view.state,
    ready: view.ready,
    pid: view.pid ?? null,
    started_at: toMomentOrNull(view.startedAt),
    uptime_s: view.startedAt === undefined || view.pid === undefined ? null : toSeconds(now - view.startedAt),
    restarts: view.restarts,
    consecutive_failures: view.consecutiveFailures,
    ...(view.nextRestartAt === undefined ? {} : { next_restart_at: toMoment(view.nextRestartAt) }),
    last_exit: view.lastExit === undefined ? null : toExitStatus(view.lastExit),
    health: health(view) ?? null,
    ...(view.reason === undefined ? {} : { reason: view.reason }),
    cpu_percent: used?.cpuPercent ?? null,
    rss_bytes: used?.rssBytes ?? null,
    threads: used?.threads ?? null,
    fds: used?.fds ?? null,
  };
}

export function toExitStatus({ code, signal, at, text }: LastExit): ExitStatus {
  return { code, signal, at: toMoment(at), text };
}
