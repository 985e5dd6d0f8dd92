import type { Readable } from 'node:stream';
import type { KillMode, OsSpec, SignalName } from '../plan/spec.ts';

/** Everything needed to start one operating system process. All variables are expanded, the command is resolved by the spawner. */
export interface SpawnRequest {
  /** For messages and the cgroup's name: `queue-2`. */
  readonly instance: string;
  readonly process: string;
  /** `argv[0]` is looked up in `env.PATH` unless it has a slash. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment of the child: nothing is inherited that is not here. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly os: OsSpec;
  readonly tty: boolean;
  readonly stdin: { readonly kind: 'null' | 'inherit' } | { readonly kind: 'path'; readonly path: string };
  /** `pipe`: two pipes that we read. `inherit`: the supervisor's own descriptors (the command after `--`). */
  readonly output: 'pipe' | 'inherit';
  /** A pipe opened for the child on this descriptor number, read by us (s6 notification fd). */
  readonly notifyFd?: number;
  /**
   * Give the child a datagram socket in NOTIFY_SOCKET (sd_notify(3)); each message arrives on `Child.notify` as it was
   * sent, followed by a line feed. Needs the native helper (`svexec` owns the socket): without it, SpawnError stage `pipes`.
   */
  readonly notifySocket?: boolean;
  /**
   * Time between SIGTERM and SIGKILL for what the main process leaves behind, in milliseconds; default 1000. Members of
   * its group that were sent a stop signal with it get no second one.
   */
  readonly leftoverGraceMs?: number;
  /** false: do not track or kill descendants (probes and hooks still do). Default true. */
  readonly containment?: boolean;
}

export interface ChildEnd {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Descendants that had to be ended after the main process; 0 where that is not known. */
  readonly leftovers?: number;
  /** The kernel killed something of it because it passed its own `memory_max`. */
  readonly oomKilled?: boolean;
}

/** One operating system process and all that it left behind. */
export interface Child {
  /** The service's own pid, never that of a shim. */
  readonly pid: number;
  /** Absent with `output: 'inherit'`. With a tty only `stdout` exists. Bytes as they come; end means every writer closed. */
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** Readable end of `notifyFd`, or the messages of `notifySocket`. */
  readonly notify?: Readable;
  /** Limits of `resources` that a cgroup of its own enforces; the others are only watched, if at all. */
  readonly enforced?: readonly ('memory_max' | 'cpu_max' | 'pids_max')[];
  /**
   * Resolves once, when the main process has ended *and* nothing of it is left (group, descendants that escaped).
   * Never waits for the streams: a stranger may hold them. Never rejects.
   */
  readonly ended: Promise<ChildEnd>;
  /** Sends a stop (or any other) signal by the rule of `mode`. false: it had ended already. */
  signal(signal: SignalName, mode: KillMode): boolean;
  /** Kills by the rule of `mode`; what is left afterwards is killed with SIGKILL at once. false: it had ended already. */
  kill(signal: SignalName, mode: KillMode): boolean;
  /** Stops reading and closes our ends of the pipes. Idempotent. */
  closeOutput(): void;
  /** Pids of the main process and every descendant known now, for sampling memory and cpu. */
  tree(): readonly number[];
}

/** Starts processes. The fake in `testing/` and the real one pass the same conformance suite. */
export interface Spawner {
  /** Rejects with SpawnError naming stage and errno. When it rejects nothing was left running or open. */
  spawn(request: SpawnRequest): Promise<Child>;
  /** What this spawner can do here, for `pm doctor` and for warnings. Each `false` has its reason. */
  readonly abilities: SpawnerAbilities;
}

/** What a spawner can do on this machine. */
export interface SpawnerAbilities {
  /** The native helper is loaded: exact rlimits, no race, per-service subreaper. */
  readonly helper: boolean;
  /** Why the helper is missing. */
  readonly helperReason?: string;
  readonly containment: 'subreaper' | 'cgroup' | 'process-tree';
  readonly tty: boolean;
  readonly limits: boolean;
  readonly cgroup: 'v2' | 'v1' | 'none';
  /** What children get as output. Programs that open `/dev/stdout` fail on a socketpair; the other two are real pipes. */
  readonly pipes?: 'pipe' | 'fifo' | 'socketpair';
}
