/**
 * Every default of core's configuration, once. The plan is built with these values and the reference page is printed
 * from them. Units are those of the draft: milliseconds, bytes, CPUs.
 */
import type {
  BackoffDraft,
  DependencyDraft,
  GlobalDraft,
  HookDraft,
  LoggingDraft,
  ProcessDraft,
  ShutdownDraft,
} from './draft.ts';
import type { KillMode, ProcessType, RestartPolicy } from '../plan/spec.ts';
import { formatDuration } from '../plan/duration-text.ts';

type Defaults<T, K extends keyof T> = { readonly [Key in K]-?: Exclude<T[Key], undefined> };

/** First delay, growth and ceiling of restarts after failures. */
export const backoffDefaults: Defaults<BackoffDraft, 'initial' | 'factor' | 'max' | 'jitter'> = {
  initial: 5000,
  factor: 2,
  max: 60_000,
  jitter: 0.1,
};

export const globalDefaults: Defaults<
  GlobalDraft,
  | 'shutdown_timeout'
  | 'dependency_timeout'
  | 'process_start_timeout'
  | 'restart_policy'
  | 'max_restart_attempts'
  | 'restart_stability_window'
  | 'on_process_failure'
  | 'on_idle'
  | 'max_process_scale'
  | 'log_format'
  | 'log_level'
  | 'log_timestamps'
  | 'log_overflow'
  | 'log_buffer'
  | 'zombie_reap_interval'
> = {
  shutdown_timeout: 30_000,
  dependency_timeout: 300_000,
  process_start_timeout: 30_000,
  restart_policy: 'always',
  max_restart_attempts: 3,
  restart_stability_window: 60_000,
  on_process_failure: 'continue',
  on_idle: 'exit',
  max_process_scale: 100,
  log_format: 'auto',
  log_level: 'info',
  log_timestamps: true,
  log_overflow: 'block',
  log_buffer: 1000,
  zombie_reap_interval: 1000,
};

export const processDefaults: Defaults<
  ProcessDraft,
  | 'enabled'
  | 'type'
  | 'shell'
  | 'initial_state'
  | 'tty'
  | 'stdin'
  | 'priority'
  | 'wait_after'
  | 'scale'
  | 'post_script_timeout'
> & { readonly success_exit_codes: readonly number[] } = {
  enabled: true,
  type: 'longrun',
  shell: false,
  initial_state: 'running',
  tty: false,
  stdin: 'null',
  priority: 100,
  wait_after: 0,
  success_exit_codes: [0],
  scale: 1,
  // How long go-overlay waits after the start before it runs the script.
  post_script_timeout: 7000,
};

export const hookDefaults: Defaults<HookDraft, 'shell' | 'timeout' | 'retry' | 'retry_delay' | 'continue_on_error'> = {
  shell: false,
  timeout: 30_000,
  retry: 0,
  retry_delay: 1000,
  continue_on_error: false,
};

export const shutdownDefaults: Defaults<
  ShutdownDraft,
  'signal' | 'timeout' | 'kill_signal' | 'kill_mode' | 'graceful'
> = {
  signal: 'SIGTERM',
  timeout: 30_000,
  kill_signal: 'SIGKILL',
  kill_mode: 'mixed',
  graceful: true,
};

/** A line for a shell: the shell and what it started get the stop signal together. */
export const shellKillMode: KillMode = 'group';

export const dependencyDefaults: Defaults<DependencyDraft, 'restart' | 'optional'> = {
  restart: false,
  optional: false,
};

export const loggingDefaults: Defaults<LoggingDraft, 'stdout' | 'stderr'> = { stdout: true, stderr: true };

/** Whether the failure of a process stops everything, where the user does not say. */
export const requiredByType: Readonly<Record<ProcessType, boolean>> = { longrun: false, oneshot: true };

/** What a dependent waits for, where the user does not say. */
export const conditionByType: Readonly<Record<ProcessType, 'ready' | 'completed'>> = {
  longrun: 'ready',
  oneshot: 'completed',
};

/** The restart policy of a process that does not set one. A oneshot never restarts unless on-failure. */
export function defaultRestart(type: ProcessType, global: RestartPolicy): RestartPolicy {
  return type === 'oneshot' && global === 'always' ? 'never' : global;
}

export interface DefaultRow {
  /** As a user writes it: `global.shutdown_timeout`, `processes.NAME.shutdown.timeout`. */
  readonly path: string;
  /** As a user would write it: `30s`, `always`, `[0]`. */
  readonly text: string;
}

/** Every default with its path, for the reference page and `pm schema`. */
export const defaultRows: readonly DefaultRow[] = [
  ...toRows('global', globalDefaults, [
    'shutdown_timeout',
    'dependency_timeout',
    'process_start_timeout',
    'restart_stability_window',
    'zombie_reap_interval',
  ]),
  ...toRows('global.restart_backoff', backoffDefaults, ['initial', 'max']),
  { path: 'global.runtime_dir', text: 'auto' },
  ...toRows('hooks.pre_start[]', hookDefaults, ['timeout', 'retry_delay']),
  ...toRows('processes.NAME', processDefaults, ['wait_after', 'post_script_timeout']),
  { path: 'processes.NAME.required', text: `oneshot: ${requiredByType.oneshot}, longrun: ${requiredByType.longrun}` },
  { path: 'processes.NAME.restart', text: 'global.restart_policy; never for a oneshot' },
  { path: 'processes.NAME.restart_backoff', text: 'global.restart_backoff' },
  { path: 'processes.NAME.max_restart_attempts', text: 'global.max_restart_attempts' },
  { path: 'processes.NAME.restart_stability_window', text: 'global.restart_stability_window' },
  { path: 'processes.NAME.max_scale', text: 'global.max_process_scale' },
  {
    path: 'processes.NAME.depends_on.NAME.condition',
    text: `oneshot: ${conditionByType.oneshot}, longrun: ${conditionByType.longrun}`,
  },
  { path: 'processes.NAME.depends_on.NAME.timeout', text: 'global.dependency_timeout' },
  ...toRows('processes.NAME.depends_on.NAME', dependencyDefaults),
  ...toRows('processes.NAME.shutdown', shutdownDefaults, ['timeout']),
  ...toRows('processes.NAME.logging', loggingDefaults),
];

function toRows<T extends object>(
  place: string,
  defaults: T,
  durations: readonly (keyof T & string)[] = [],
): readonly DefaultRow[] {
  const isDuration: ReadonlySet<string> = new Set(durations);
  return Object.entries(defaults).map(([key, value]) => ({
    path: `${place}.${key}`,
    text: isDuration.has(key) ? formatDuration(Number(value)) : showDefault(value),
  }));
}

function showDefault(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
