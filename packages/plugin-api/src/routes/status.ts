/** The shapes of what the API tells about processes. Times are RFC 3339 texts, durations seconds, sizes bytes. */

/** What users see of a process or an instance. */
export type ProcessState =
  | 'PENDING'
  | 'STARTING'
  | 'RUNNING'
  | 'READY'
  | 'STOPPING'
  | 'STOPPED'
  | 'BACKOFF'
  | 'COMPLETED'
  | 'FAILED';

/** The whole supervisor: what `pm status` shows, and the first message of the event stream. */
export interface Status {
  /** `name` of the configuration. */
  readonly name?: string;
  readonly version: string;
  readonly pid: number;
  readonly phase: 'booting' | 'running' | 'draining' | 'stopped';
  /** Everything that boots is ready or has completed: what `/readyz` says. */
  readonly ready: boolean;
  readonly started_at: string;
  readonly uptime_s: number;
  /** Number of the newest event that this picture takes in. */
  readonly seq: number;
  readonly processes: readonly ProcessStatus[];
}

/** All processes, or those that were asked for. */
export interface ProcessList {
  readonly processes: readonly ProcessStatus[];
}

/** One process of the plan. */
export interface ProcessStatus {
  readonly name: string;
  readonly type: 'longrun' | 'oneshot';
  /** That of its least healthy instance. */
  readonly state: ProcessState;
  readonly ready: boolean;
  readonly desired: 'up' | 'down';
  readonly scale: number;
  readonly max_scale: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: 'file' | 'dynamic' | 'plugin';
  /** Why it is not running or not ready, in words. */
  readonly reason?: string;
  /** What it waits for before it starts. */
  readonly depends_on: readonly DependencyStatus[];
  /** Only where the plugin `cron` runs it. */
  readonly schedule?: ScheduleStatus;
  readonly instances: readonly InstanceStatus[];
}

/** One process that another waits for. */
export interface DependencyStatus {
  readonly process: string;
  readonly condition: 'started' | 'ready' | 'completed';
  readonly optional: boolean;
}

/** When a scheduled process runs. */
export interface ScheduleStatus {
  readonly expression: string;
  readonly timezone: string;
  readonly paused: boolean;
  readonly next_run_at: string | null;
  readonly last_run_at: string | null;
  readonly success_rate: number | null;
}

/** One slot of a process, over all its restarts. null: there is no such value now. */
export interface InstanceStatus {
  /** `queue-2`. */
  readonly id: string;
  /** From 1. */
  readonly index: number;
  readonly state: ProcessState;
  readonly ready: boolean;
  readonly pid: number | null;
  readonly started_at: string | null;
  readonly uptime_s: number | null;
  readonly restarts: number;
  readonly consecutive_failures: number;
  /** Only in BACKOFF. */
  readonly next_restart_at?: string;
  readonly last_exit: ExitStatus | null;
  /** null without a health check. */
  readonly health: HealthStatus | null;
  readonly reason?: string;
  /** Of the whole tree, since it was looked at last (at the first look: since it started); 100 is one CPU. */
  readonly cpu_percent: number | null;
  /** Resident memory of the whole tree; pages that processes share count once for each. */
  readonly rss_bytes: number | null;
  readonly threads: number | null;
  /** Open file descriptors of the whole tree. */
  readonly fds: number | null;
}

/** How the last run of an instance ended. */
export interface ExitStatus {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: string;
  /** In words: `killed by SIGSEGV`. */
  readonly text: string;
}

/** What the probe of an instance says. */
export interface HealthStatus {
  readonly status: 'healthy' | 'unhealthy' | 'unknown';
  /** In a row. */
  readonly failures: number;
  readonly last: { readonly ok: boolean; readonly ms: number; readonly at: string; readonly text: string } | null;
}
