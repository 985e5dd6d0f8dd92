/**
 * The draft: what the user and the layers declared, after the shape gate and before defaults.
 *
 * Keys keep the spelling of the documentation, so that the path of a value is the path of its key. Values are
 * normalised: durations are milliseconds, sizes bytes, aliases folded into their home, one-or-many is many.
 * A key that nobody wrote is absent: that is how a plugin tells "the user wrote 5s" from "the default is 5s".
 * A draft is plain data; `plan.transform` may return a changed one. Maps keyed by names have no prototype.
 */
import type {
  DependencyCondition,
  KillMode,
  LimitName,
  LogFormat,
  LogLevel,
  ProcessType,
  ResourceLimit,
  RestartPolicy,
} from '../plan/spec.ts';

export interface Draft {
  version?: string;
  name?: string;
  global: GlobalDraft;
  hooks: HooksDraft;
  processes: Record<string, ProcessDraft>;
  bundles: Record<string, string[]>;
  /** `openvpn@` → a process in which `%i` stands for the name. */
  templates: Record<string, ProcessDraft>;
  /** In the user's order. */
  plugins: PluginDraft[];
  /** Parsed root keys that plugins own. */
  sections: Record<string, unknown>;
}

/** `enabled: false` is `name: false` in the file. `options` is what stood under the name, untouched. */
export interface PluginDraft {
  name: string;
  enabled: boolean;
  options?: unknown;
}

/** An argv, or one line that is split into words (or given to a shell when `shell` says so). */
export type CommandDraft = string | string[];

/** true: `/bin/sh`; a path: that shell. */
export type ShellDraft = boolean | string;

export interface BackoffDraft {
  initial?: number;
  factor?: number;
  max?: number;
  jitter?: number;
}

export interface RestartDraft {
  restart_backoff?: BackoffDraft;
  max_restart_attempts?: number;
  restart_stability_window?: number;
}

/** What `global` sets as the default of every process, and a process for itself. */
export interface EnvironmentDraft {
  env?: Record<string, string>;
  env_file?: string[];
  working_dir?: string;
  /** Name or number, as text. */
  user?: string;
  group?: string;
  umask?: number;
}

export interface GlobalDraft extends RestartDraft, EnvironmentDraft {
  shutdown_timeout?: number | 'auto';
  dependency_timeout?: number;
  process_start_timeout?: number;
  restart_policy?: RestartPolicy;
  on_process_failure?: 'continue' | 'shutdown';
  on_idle?: 'exit' | 'stay';
  max_process_scale?: number;
  log_format?: 'auto' | LogFormat;
  log_level?: LogLevel;
  log_timestamps?: boolean;
  log_overflow?: 'block' | 'drop';
  log_buffer?: number;
  zombie_reap_interval?: number;
  /** Absent also when the user wrote `auto`. */
  runtime_dir?: string;
  sections: Record<string, unknown>;
}

export interface HookDraft {
  name?: string;
  command: CommandDraft;
  shell?: ShellDraft;
  timeout?: number;
  retry?: number;
  retry_delay?: number;
  continue_on_error?: boolean;
  env?: Record<string, string>;
  working_dir?: string;
  user?: string;
}

export interface HooksDraft {
  pre_start?: HookDraft[];
  post_start?: HookDraft[];
  pre_stop?: HookDraft[];
  post_stop?: HookDraft[];
}

export interface ProcessHooksDraft extends HooksDraft {
  finish?: HookDraft[];
}

export interface ConditionDraft {
  /** `NAME` or `NAME=VALUE`, taken apart. */
  env?: { name: string; value?: string };
  file?: string;
  command?: CommandDraft;
}

export interface DependencyDraft {
  condition?: DependencyCondition;
  timeout?: number;
  restart?: boolean;
  optional?: boolean;
}

/** Exactly one of the keys is present. */
export interface ReadyDraft {
  after?: number;
  fd?: number;
  notify?: true;
  log?: string;
  file?: string;
  port?: number;
  command?: CommandDraft;
  /** Set by a plugin that opens readiness itself (its name), in `plan.transform`; never written in a file. */
  external?: string;
}

export interface ShutdownDraft {
  /** Upper case with the `SIG` prefix; whether it exists is the meaning gate's question. */
  signal?: string;
  timeout?: number;
  kill_signal?: string;
  kill_mode?: KillMode;
  /** PHPeek PM's place for one pre_stop hook; runs before `hooks.pre_stop`. */
  pre_stop_hook?: HookDraft;
  graceful?: boolean;
}

export interface ResourcesDraft {
  memory_max?: number;
  /** In CPUs: 0.5 is half of one. */
  cpu_max?: number;
  pids_max?: number;
}

export interface LoggingDraft {
  stdout?: boolean;
  stderr?: boolean;
  labels?: Record<string, string>;
  min_level?: LogLevel;
  /** Parsed keys under `logging` that plugins own. */
  sections: Record<string, unknown>;
}

export interface ProcessDraft extends RestartDraft, EnvironmentDraft {
  enabled?: boolean;
  only_if?: ConditionDraft;
  skip_if?: ConditionDraft;
  type?: ProcessType;
  command: CommandDraft;
  shell?: ShellDraft;
  stop_command?: CommandDraft;
  reload_command?: CommandDraft;
  reload_signal?: string;
  initial_state?: 'running' | 'stopped';
  nice?: number;
  oom_score_adj?: number;
  limits?: Partial<Record<LimitName, ResourceLimit>>;
  resources?: ResourcesDraft;
  max_memory?: number;
  tty?: boolean;
  /** `null`, `inherit`, or a path. */
  stdin?: string;
  log_file?: string[];
  priority?: number;
  depends_on?: Record<string, DependencyDraft>;
  /** One delay after all dependencies, or one per dependency. */
  wait_after?: number | Record<string, number>;
  conflicts_with?: string[];
  required?: boolean;
  restart?: RestartPolicy;
  /** Codes, and signal names in upper case with the `SIG` prefix. */
  success_exit_codes?: (number | string)[];
  scale?: number;
  max_scale?: number;
  port_base?: number;
  ready?: ReadyDraft;
  hooks?: ProcessHooksDraft;
  pre_script?: string;
  post_script?: string;
  /** Delay between the start and `post_script`. */
  post_script_timeout?: number;
  shutdown?: ShutdownDraft;
  labels?: Record<string, string>;
  logging?: LoggingDraft;
  /** Parsed process keys that plugins own. */
  sections: Record<string, unknown>;
}
