import type {
  DependencyCondition,
  GlobalSections,
  KillMode,
  LimitName,
  LogFormat,
  LoggingSections,
  LogLevel,
  ProcessSections,
  ProcessType,
  ResourceLimit,
  RestartPolicy,
  RootSections,
  Section,
} from '../plan/spec.ts';

/** Seconds as a number, or `500ms`, `5s`, `1m30s`, `2h`. */
export type DurationInput = number | string;
/** Bytes as a number, or `64KiB`, `50MB`, `1GiB`. */
export type SizeInput = number | string;
/** An argv, or one line that is split into words. */
export type CommandInput = string | readonly string[];
type Texts = Readonly<Record<string, string | number | boolean>>;
type Policy = RestartPolicy | 'unless-stopped';

/** What the user may write at the keys of plugins. */
type SectionInputs<S> = { readonly [K in keyof S]?: S[K] extends Section<infer In, unknown> ? In : never };

interface RestartInput {
  readonly restart_backoff?:
    | DurationInput
    | {
        readonly initial?: DurationInput;
        readonly factor?: number;
        readonly max?: DurationInput;
        readonly jitter?: number;
      };
  readonly restart_backoff_initial?: DurationInput;
  readonly restart_backoff_max?: DurationInput;
  readonly max_restart_attempts?: number;
  readonly restart_stability_window?: DurationInput;
}

interface EnvironmentInput {
  readonly env?: Texts;
  readonly env_file?: string | readonly string[];
  readonly working_dir?: string;
  readonly user?: string | number;
  readonly group?: string | number;
  /** Octal digits in quotes. */
  readonly umask?: string;
}

/** The `global` map. */
export interface GlobalInput extends RestartInput, EnvironmentInput, SectionInputs<GlobalSections> {
  readonly shutdown_timeout?: DurationInput;
  readonly dependency_timeout?: DurationInput;
  readonly process_start_timeout?: DurationInput;
  readonly restart_policy?: Policy;
  readonly on_process_failure?: 'continue' | 'shutdown';
  readonly on_idle?: 'exit' | 'stay';
  readonly max_process_scale?: number;
  readonly log_format?: 'auto' | LogFormat;
  readonly log_level?: LogLevel;
  readonly log_timestamps?: boolean;
  readonly log_overflow?: 'block' | 'drop';
  readonly log_buffer?: number;
  readonly zombie_reap_interval?: DurationInput;
  readonly runtime_dir?: string;
}

/** One hook. */
export interface HookInput {
  readonly name?: string;
  readonly command: CommandInput;
  readonly shell?: boolean | string;
  readonly timeout?: DurationInput;
  readonly retry?: number;
  readonly retry_delay?: DurationInput;
  readonly continue_on_error?: boolean;
  readonly env?: Texts;
  readonly working_dir?: string;
  readonly user?: string | number;
}

/** Hooks by moment. */
export interface HooksInput {
  readonly pre_start?: readonly HookInput[];
  readonly post_start?: readonly HookInput[];
  readonly pre_stop?: readonly HookInput[];
  readonly post_stop?: readonly HookInput[];
}

/** `only_if` and `skip_if`. */
export interface ConditionInput {
  /** `NAME` or `NAME=VALUE`. */
  readonly env?: string;
  readonly file?: string;
  readonly command?: CommandInput;
}

/** One dependency of a process. */
export interface DependencyInput {
  readonly condition?: DependencyCondition;
  readonly timeout?: DurationInput;
  readonly restart?: boolean;
  readonly optional?: boolean;
}

/** Exactly one key. */
export type ReadyInput =
  | { readonly after: DurationInput }
  | { readonly fd: number }
  | { readonly notify: true }
  | { readonly log: string }
  | { readonly file: string }
  | { readonly port: number }
  | { readonly command: CommandInput };

type LimitInput = number | string | Partial<ResourceLimit>;

/** One process. A process that a plugin's preset provides may be written in part. */
export interface ProcessInput extends RestartInput, EnvironmentInput, SectionInputs<ProcessSections> {
  readonly enabled?: boolean;
  readonly only_if?: ConditionInput;
  readonly skip_if?: ConditionInput;
  readonly type?: ProcessType;
  readonly command?: CommandInput;
  readonly shell?: boolean | string;
  readonly stop_command?: CommandInput;
  readonly reload_command?: CommandInput;
  readonly reload_signal?: string;
  readonly initial_state?: 'running' | 'stopped';
  readonly nice?: number;
  readonly oom_score_adj?: number;
  readonly limits?: Readonly<Partial<Record<LimitName, LimitInput>>>;
  readonly resources?: { readonly memory_max?: SizeInput; readonly cpu_max?: number; readonly pids_max?: number };
  readonly max_memory?: SizeInput;
  readonly tty?: boolean;
  readonly stdin?: string | null;
  readonly log_file?: string | readonly string[];
  readonly priority?: number;
  readonly depends_on?: string | readonly string[] | Readonly<Record<string, DependencyInput>>;
  readonly wait_after?: DurationInput | Readonly<Record<string, DurationInput>>;
  readonly conflicts_with?: string | readonly string[];
  readonly required?: boolean;
  readonly restart?: Policy;
  readonly success_exit_codes?: readonly (number | string)[];
  readonly scale?: number;
  readonly max_scale?: number;
  readonly port_base?: number;
  readonly ready?: ReadyInput;
  readonly hooks?: HooksInput & { readonly finish?: readonly HookInput[] };
  readonly pre_script?: string;
  readonly post_script?: string;
  readonly post_script_timeout?: DurationInput;
  readonly shutdown?: {
    readonly signal?: string;
    readonly timeout?: DurationInput;
    readonly kill_signal?: string;
    readonly kill_mode?: KillMode;
    readonly pre_stop_hook?: HookInput;
    readonly graceful?: boolean;
  };
  readonly labels?: Texts;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly logging?: SectionInputs<LoggingSections> & {
    readonly stdout?: boolean;
    readonly stderr?: boolean;
    readonly labels?: Texts;
    readonly min_level?: LogLevel;
  };
}

/** A whole configuration as it is written. Any text may hold `${VAR}`; where a type asks for a number, the file formats may too. */
export interface ConfigInput extends SectionInputs<RootSections> {
  readonly version?: '1.0' | 1;
  readonly name?: string;
  readonly extends?: string | readonly string[];
  readonly profiles?: Readonly<Record<string, Omit<ConfigInput, 'extends' | 'profiles'>>>;
  /** Options by name, `false` to switch one off; or a list of names. */
  readonly plugins?: readonly (string | Readonly<Record<string, unknown>>)[] | Readonly<Record<string, unknown>>;
  readonly global?: GlobalInput;
  readonly hooks?: HooksInput;
  readonly processes?: Readonly<Record<string, ProcessInput>>;
  readonly bundles?: Readonly<Record<string, readonly string[]>>;
  readonly templates?: Readonly<Record<string, ProcessInput>>;
}

/**
 * Types a configuration written in JavaScript or TypeScript; returns it as it is. Import it from `@pm-supervisor/core/config`,
 * which loads nothing else.
 * @example export default defineConfig({ processes: { web: { command: ['nginx', '-g', 'daemon off;'] } } });
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
