/**
 * The vocabulary of a plan: what the user declared, resolved and frozen.
 *
 * Every duration is in milliseconds (suffix `Ms`), every size in bytes. A spec holds nothing that
 * changes at run time and nothing that had to be asked of the machine, except users, which the
 * meaning gate resolves because an unknown user must stop the boot.
 */

/** A longrun stays up; a oneshot does its work and ends. */
export type ProcessType = 'longrun' | 'oneshot';
/** What follows an end: a restart whatever the exit, after a failure only, or none. */
export type RestartPolicy = 'always' | 'on-failure' | 'never';
/** Who gets the stop signal and the kill: main process and group, the group both times, the main process both times. */
export type KillMode = 'mixed' | 'group' | 'process';
/** How output is written: one JSON object a line, lines with a prefix, or the bytes as they came. */
export type LogFormat = 'json' | 'text' | 'raw';
/** From least to most severe. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** What a dependent waits for: spawned, readiness open, or ended with success. */
export type DependencyCondition = 'started' | 'ready' | 'completed';

/** A signal by its name, for example `SIGTERM`. Real-time signals are refused (Node reports their deaths as code 0). */
export type SignalName = NodeJS.Signals;

/** How to run something: an argv, or one line for `/bin/sh -c`. */
export type CommandLine =
  | { readonly kind: 'argv'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'shell'; readonly line: string };

/** The delays between restarts after failures: min(initial · factor^n, max), give or take the jitter. */
export interface Backoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the delay added or taken at random, 0 to 1. */
  readonly jitter: number;
}

/** Whether and when an instance is started again after its end. */
export interface RestartSpec {
  readonly policy: RestartPolicy;
  readonly backoff: Backoff;
  /** Consecutive failures before giving up; -1 never gives up, 0 means no restart. */
  readonly maxAttempts: number;
  readonly stabilityWindowMs: number;
}

/** A user resolved to numbers, with every group it belongs to. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Name, home and shell for USER, LOGNAME, HOME; absent when only a number was given and nobody owns it. */
  readonly name?: string;
  readonly home?: string;
}

/** Soft and hard limit; `Infinity` is unlimited. */
export interface ResourceLimit {
  readonly soft: number;
  readonly hard: number;
}

/** A limit of setrlimit(2), without its `RLIMIT_`. */
export type LimitName =
  | 'as'
  | 'core'
  | 'cpu'
  | 'data'
  | 'fsize'
  | 'locks'
  | 'memlock'
  | 'msgqueue'
  | 'nice'
  | 'nofile'
  | 'nproc'
  | 'rss'
  | 'rtprio'
  | 'rttime'
  | 'sigpending'
  | 'stack';

/** What the operating system is asked to set before `exec`. */
export interface OsSpec {
  readonly credentials?: Credentials;
  /** File mode mask, 0 to 0o777. */
  readonly umask?: number;
  readonly nice?: number;
  readonly oomScoreAdj?: number;
  readonly limits: Readonly<Partial<Record<LimitName, ResourceLimit>>>;
  /** Limits of a child cgroup. `cpuMax` is in CPUs (0.5 is half of one). */
  readonly resources?: { readonly memoryMax?: number; readonly cpuMax?: number; readonly pidsMax?: number };
}

/** One command that runs around the life of a process or of the whole. */
export interface HookSpec {
  readonly name: string;
  readonly command: CommandLine;
  readonly timeoutMs: number;
  /** Only on post_start hooks: how long after the start it runs (`post_script_timeout`). Absent: at once. */
  readonly delayMs?: number;
  /** Further tries after a failure. */
  readonly retry: number;
  readonly retryDelayMs: number;
  readonly continueOnError: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** Absent: the process's own (process hooks) or the global user (global hooks). */
  readonly credentials?: Credentials;
}

/** Hooks by the moment they run at, each list in its order. */
export interface HookSet {
  readonly preStart: readonly HookSpec[];
  readonly postStart: readonly HookSpec[];
  readonly preStop: readonly HookSpec[];
  readonly postStop: readonly HookSpec[];
}

/** The hooks of one process. */
export interface ProcessHookSet extends HookSet {
  /** Run after every end, with PM_EXIT_CODE and PM_EXIT_SIGNAL; exit 125 means "do not restart". */
  readonly finish: readonly HookSpec[];
}

/** How an instance says that it is ready. */
export type ReadinessSource =
  | { readonly kind: 'spawned' }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'fd'; readonly fd: number }
  | { readonly kind: 'notify' }
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'command'; readonly command: CommandLine }
  /** Opened by a plugin (a readiness probe) through the `ready` and `unready` commands. `owner` names who, for `pm why`. */
  | { readonly kind: 'external'; readonly owner: string };

/** One process that another waits for before it starts. */
export interface DependencySpec {
  readonly process: string;
  readonly condition: DependencyCondition;
  readonly timeoutMs: number;
  /** When the dependency restarts, this process restarts too. */
  readonly restart: boolean;
  readonly optional: boolean;
  /** Extra delay once this dependency is met. */
  readonly waitAfterMs: number;
}

/** `only_if` and `skip_if`: all that is given must hold. */
export interface Condition {
  readonly env?: { readonly name: string; readonly value?: string };
  readonly file?: string;
  readonly command?: CommandLine;
}

/** How one process is stopped; `timeoutMs` covers hooks, drain and the process itself. */
export interface ShutdownSpec {
  readonly signal: SignalName;
  readonly timeoutMs: number;
  readonly killSignal: SignalName;
  readonly killMode: KillMode;
  /** false: no drain, no stop signal: the kill at once. */
  readonly graceful: boolean;
  /** Instead of the stop signal. */
  readonly stopCommand?: CommandLine;
}

/** What becomes of the output of one process. */
export interface ProcessLogging {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly minLevel?: LogLevel;
  /** Files followed as this process's output. */
  readonly files: readonly string[];
  /** Parsed keys under `logging` that plugins own. */
  readonly sections?: SectionValues<LoggingSections>;
}

/** Where a process was declared: the configuration file, the API at run time, or a plugin. */
export type ProcessSource = 'file' | 'dynamic' | 'plugin';

/**
 * Typed keys that plugins add to a process. A plugin declares its own by merging into this interface:
 * `declare module '@pm-supervisor/core' { interface ProcessSections { heartbeat: Section<In, Out> } }`.
 */
export interface ProcessSections {}
/** The same for the `logging` of a process. */
export interface LoggingSections {}
/** The same for `global`. */
export interface GlobalSections {}
/** The same for the root of the configuration. */
export interface RootSections {}

/** What the user may write (`In`) and what the plugin's schema makes of it (`Out`). */
export interface Section<In, Out> {
  readonly input: In;
  readonly output: Out;
}

/** The parsed sections of one place, by key. Absent when the user wrote nothing and the schema has no default. */
export type SectionValues<S> = { readonly [K in keyof S]?: S[K] extends Section<unknown, infer Out> ? Out : never };

/** One process as declared, with every default filled in. Frozen; a reload makes a new one. */
export interface ProcessSpec {
  readonly name: string;
  readonly source: ProcessSource;
  readonly enabled: boolean;
  readonly onlyIf?: Condition;
  readonly skipIf?: Condition;
  readonly type: ProcessType;
  readonly command: CommandLine;
  readonly reloadCommand?: CommandLine;
  readonly reloadSignal?: SignalName;
  /** `stopped`: on demand, never started by the boot itself. */
  readonly initialState: 'running' | 'stopped';
  readonly workingDir?: string;
  /** Merged: global env_file, global env, process env_file, process env. Instance variables are not expanded yet. */
  readonly env: Readonly<Record<string, string>>;
  readonly os: OsSpec;
  /** Restart gracefully when the tree's resident memory passes this many bytes. */
  readonly maxMemory?: number;
  readonly tty: boolean;
  readonly stdin: { readonly kind: 'null' | 'inherit' } | { readonly kind: 'path'; readonly path: string };
  readonly priority: number;
  readonly dependsOn: readonly DependencySpec[];
  /** Extra delay once all dependencies are met. */
  readonly waitAfterMs: number;
  readonly conflictsWith: readonly string[];
  readonly required: boolean;
  readonly restart: RestartSpec;
  /** Codes and signal names that count as no failure. */
  readonly successExitCodes: readonly (number | SignalName)[];
  readonly scale: number;
  readonly maxScale: number;
  readonly portBase?: number;
  readonly readiness: ReadinessSource;
  /** Spawn to ready; 0 is no limit. */
  readonly startTimeoutMs: number;
  readonly hooks: ProcessHookSet;
  readonly shutdown: ShutdownSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly logging: ProcessLogging;
  readonly sections: SectionValues<ProcessSections>;
}

/** What holds for the whole supervisor. */
export interface GlobalSpec {
  /** One budget for the whole stop. Already resolved when the user wrote `auto`. */
  readonly shutdownTimeoutMs: number;
  readonly onProcessFailure: 'continue' | 'shutdown';
  readonly onIdle: 'exit' | 'stay';
  readonly maxProcessScale: number;
  readonly logFormat: 'auto' | LogFormat;
  readonly logLevel: LogLevel;
  readonly logTimestamps: boolean;
  readonly logOverflow: 'block' | 'drop';
  /** Lines kept per instance. */
  readonly logBuffer: number;
  readonly zombieReapIntervalMs: number;
  /** Absent: chosen at run time, see os/runtime-dir. */
  readonly runtimeDir?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly credentials?: Credentials;
  readonly sections: SectionValues<GlobalSections>;
}

/** One plugin that the plan switches on, in the user's order. */
export interface PluginUse {
  readonly name: string;
  readonly options: unknown;
  /** `config`: named by the user. `owned-key`: switched on because a key it owns appears. `always`: on unless switched off. */
  readonly reason: 'config' | 'owned-key' | 'always';
}

/** The whole plan. Deeply frozen. */
export interface Plan {
  readonly name?: string;
  readonly global: GlobalSpec;
  readonly hooks: HookSet;
  readonly processes: ReadonlyMap<string, ProcessSpec>;
  readonly bundles: ReadonlyMap<string, readonly string[]>;
  /** `name@` → its draft (see config/draft) with `%i` still in it. `BuildContext.instantiate` makes a process of it. */
  readonly templates: ReadonlyMap<string, unknown>;
  readonly plugins: readonly PluginUse[];
  readonly sections: SectionValues<RootSections>;
  /** Processes that the boot starts (enabled, in the default bundle when there is one, initial state running). */
  readonly booting: readonly string[];
  /** Start order in layers: members of one layer have no dependency on each other. */
  readonly order: readonly (readonly string[])[];
  /** Who set each key: `processes.queue.scale` → where. */
  readonly provenance: ReadonlyMap<string, Provenance>;
}

/** Who set a key: `pm plan --explain` shows it. */
export interface Provenance {
  readonly layer: 'default' | 'plugin' | 'extends' | 'file' | 'profile' | 'env' | 'flag' | 'dynamic';
  /** Plugin name, file path or variable name. */
  readonly from: string;
  readonly line?: number;
  readonly column?: number;
  /** A plugin's own words, for example `cgroup memory 2 GiB`. */
  readonly note?: string;
}

/** What a new plan changes; boot is the difference to an empty one. */
export interface PlanDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** In dependency order. `keys` are the spec keys that differ. `restart` is false where the running process need not be touched. */
  readonly changed: readonly { readonly name: string; readonly keys: readonly string[]; readonly restart: boolean }[];
  readonly unchanged: readonly string[];
  readonly globalKeys: readonly string[];
  readonly plugins: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}
