import type { ProcessState, ProcessStatus } from './status.ts';

/** What a command came to, or how far it is. */
export interface Operation {
  readonly id: string;
  /** `restart`, `scale`, … */
  readonly command: string;
  readonly targets: readonly string[];
  /** Who asked: `api:deploy`, `api:socket`. */
  readonly caller: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly started_at: string;
  readonly ended_at: string | null;
  /** false: everything was already as it was asked to be. */
  readonly changed: boolean;
  /** The processes it is about, as they are now; empty in a list of operations. */
  readonly processes: readonly ProcessStatus[];
  /** What a change of the plan did, or would do. */
  readonly diff?: Diff;
  /** Why it failed. */
  readonly problem?: Problem;
}

/** Those that are kept: all that run, and the newest that ended. Newest first. */
export interface OperationList {
  readonly operations: readonly Operation[];
}

/** What a new plan changes. */
export interface Diff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** In dependency order. `restart` is false where the running process is not touched. */
  readonly changed: readonly { readonly name: string; readonly keys: readonly string[]; readonly restart: boolean }[];
  readonly unchanged: readonly string[];
  readonly global_keys: readonly string[];
  readonly plugins: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}

/** An error, as RFC 9457 has it: `application/problem+json`. */
export interface Problem {
  /** `urn:pm:PM_COMMAND_REFUSED`. */
  readonly type: string;
  /** The meaning of the code, the same every time. */
  readonly title: string;
  readonly status: number;
  /** What went wrong here, and where. */
  readonly detail: string;
  readonly code: string;
  /** What to do about it. */
  readonly hint?: string;
  /** All that is wrong with a configuration, or with the body of the request. */
  readonly errors?: readonly ProblemDetail[];
  /** The operation that failed. */
  readonly operation?: string;
}

/** One of several things that are wrong. */
export interface ProblemDetail {
  /** A key of the configuration or of the body: `processes.web.command`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** `pm.yaml:14:11`. */
  readonly at?: string;
}

/** How many instances. One of the two. */
export interface ScaleRequest {
  readonly desired?: number;
  /** More (2) or fewer (-1) than now. */
  readonly delta?: number;
}

export interface SignalRequest {
  /** `SIGHUP`, or `HUP`. */
  readonly signal: string;
}

/** What a configuration file would hold under `processes.NAME`. */
export type Declaration = Readonly<Record<string, unknown>>;

/** A process to create or update, with its name in the body. */
export interface NamedDeclaration {
  readonly name: string;
  readonly process: Declaration;
}

/** The dynamic processes that carry a label become exactly these. */
export interface ReconcileRequest {
  /** `KEY=VALUE`; given to each of them. */
  readonly label: string;
  readonly processes: Readonly<Record<string, Declaration>>;
}

export interface ShutdownRequest {
  /** For the log. */
  readonly reason?: string;
}

/** Kept lines, oldest first. */
export interface LogPage {
  readonly limit: number;
  readonly count: number;
  readonly logs: readonly LogLine[];
}

export interface LogLine {
  readonly time: string;
  /** `pm` for the supervisor's own. */
  readonly process: string;
  readonly instance: string;
  readonly stream: 'stdout' | 'stderr';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly msg: string;
}

/** Events that are kept, oldest first. */
export interface EventPage {
  /** Number of the newest event. */
  readonly seq: number;
  /** true: some of those asked for are no longer kept. */
  readonly gap: boolean;
  readonly events: readonly EventMessage[];
}

/** One event; what it says beside these three depends on its type. */
export interface EventMessage {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** In an event stream: events between two numbers are no longer kept. A snapshot follows. */
export interface GapMessage {
  /** The number that was asked for: the first that is missing is one more. */
  readonly after: number;
  /** The oldest that is kept. */
  readonly oldest: number;
}

/** The last message of a stream that the server ends. */
export interface EndMessage {
  /** `slow`: the client did not read; `closing`: the supervisor stops, or the API is set up anew; `limit`: too many streams. */
  readonly reason: 'slow' | 'closing' | 'renewed' | 'limit';
  readonly detail: string;
}

export interface ConfigView {
  /** The main file, or `inline`. */
  readonly origin: string;
  /** Every key that somebody set, and every default. Secrets are masked. */
  readonly keys: readonly ConfigKey[];
}

export interface ConfigKey {
  readonly path: string;
  readonly value?: unknown;
  /** `pm.yaml:14:11`, `plugin autotune (cgroup memory 2 GiB)`, `default`. */
  readonly source: string;
}

export interface PluginList {
  readonly plugins: readonly PluginStatus[];
}

/** One plugin in force. */
export interface PluginStatus {
  readonly name: string;
  /** As written under `plugins`. */
  readonly key: string;
  readonly reason: string;
  /** The file, or `bundled`. */
  readonly from: string;
  readonly requires: readonly string[];
  readonly after: readonly string[];
  /** It failed too often: its taps on isolated hooks are skipped. */
  readonly muted: boolean;
  /** Failures of late. */
  readonly failures: number;
  readonly taps: readonly { readonly hook: string; readonly stage: number; readonly critical: boolean }[];
  readonly provides: readonly string[];
  readonly uses: readonly string[];
  /** Keys of the configuration it owns. */
  readonly keys: readonly string[];
  readonly timings_ms: { readonly resolve: number; readonly setup: number; readonly layer: number };
}

/** Who is asking, as the server sees it. */
export interface WhoAmI {
  readonly caller: string;
  readonly role: 'read' | 'operate' | 'admin';
  readonly transport: 'unix' | 'tcp' | 'tls';
  /** Address of the client; absent on the socket. */
  readonly peer?: string;
  readonly version: string;
  readonly pid: number;
}

export interface Liveness {
  readonly status: 'ok';
}

/** Whether everything that boots is ready. Reasons in words are for callers that may read. */
export interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly phase: 'booting' | 'running' | 'draining' | 'stopped';
  readonly waiting: readonly { readonly process: string; readonly state: ProcessState; readonly reason?: string }[];
}

/** PHPeek PM's `/api/v1/health`. */
export interface HealthAnswer {
  readonly status: 'healthy';
}

/** Runs of scheduled processes, newest first. */
export interface RunList {
  readonly process?: string;
  readonly runs: readonly RunRecord[];
}

export interface RunRecord {
  readonly process: string;
  readonly instance: string;
  readonly started_at: string | null;
  /** null while it runs. */
  readonly ended_at: string | null;
  readonly success: boolean | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly text: string;
}

/** Samples of one instance, oldest first. */
export interface MetricsHistory {
  readonly process: string;
  readonly instance: string;
  readonly samples: readonly {
    readonly at: string;
    readonly cpu_percent: number;
    readonly rss_bytes: number;
    readonly threads: number;
    readonly fds: number;
  }[];
}
