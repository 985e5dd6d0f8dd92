import type { ProcessSpec, SignalName } from '../plan/spec.ts';
import type { State } from './machine.ts';

/** What users see. A view of the machine's state, see `toUserState`. */
export type UserState =
  | 'PENDING'
  | 'STARTING'
  | 'RUNNING'
  | 'READY'
  | 'STOPPING'
  | 'STOPPED'
  | 'BACKOFF'
  | 'COMPLETED'
  | 'FAILED';

/** How an instance ended: a code or a signal, and what it likely means. */
export interface LastExit {
  readonly code: number | null;
  readonly signal: SignalName | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In words: `killed by SIGSEGV`. */
  readonly text: string;
}

/** A frozen picture of one instance. */
export interface InstanceView {
  /** `queue-2`. */
  readonly id: string;
  readonly process: string;
  /** From 1. */
  readonly index: number;
  readonly state: UserState;
  readonly ready: boolean;
  readonly pid?: number;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  /** Restarts since the supervisor started. */
  readonly restarts: number;
  readonly consecutiveFailures: number;
  /** Milliseconds since the epoch; only in BACKOFF. */
  readonly nextRestartAt?: number;
  readonly lastExit?: LastExit;
  /** Why it is not running or not ready, in words. */
  readonly reason?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A frozen picture of one process and its instances. */
export interface ProcessView {
  readonly name: string;
  readonly type: 'longrun' | 'oneshot';
  readonly state: UserState;
  readonly ready: boolean;
  readonly desired: 'up' | 'down';
  readonly scale: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: 'file' | 'dynamic' | 'plugin';
  readonly reason?: string;
  readonly instances: readonly InstanceView[];
}

/** The one read model: what CLI, API and metrics show. */
export interface Snapshot {
  /** The journal's last number when this was taken. */
  readonly seq: number;
  readonly phase: 'booting' | 'running' | 'draining' | 'stopped';
  readonly name?: string;
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly processes: readonly ProcessView[];
}

/** What a view of an instance is made from. */
interface InstanceFacts {
  readonly id: string;
  readonly index: number;
  readonly spec: ProcessSpec;
  readonly state: UserState;
  readonly ready: boolean;
  readonly pid: number | undefined;
  readonly startedAt: number | undefined;
  readonly history: { readonly restarts: number; readonly failures: number; readonly lastExit: LastExit | undefined };
  readonly nextRestartAt: number | undefined;
  readonly reason: string | undefined;
}

/** A frozen picture; what is not known or makes no sense now is left out. */
export function toInstanceView(facts: InstanceFacts): InstanceView {
  const { id, index, spec, state, ready, pid, startedAt, history, nextRestartAt, reason } = facts;
  const { restarts, failures, lastExit } = history;
  return Object.freeze({
    id,
    process: spec.name,
    index,
    state,
    ready,
    ...(pid === undefined ? {} : { pid }),
    ...(pid === undefined || startedAt === undefined ? {} : { startedAt }),
    restarts,
    consecutiveFailures: failures,
    ...(nextRestartAt === undefined ? {} : { nextRestartAt }),
    ...(lastExit === undefined ? {} : { lastExit }),
    ...(reason === undefined ? {} : { reason }),
    labels: spec.labels,
  });
}

/**
 * What users see for a state of the machine. `ready` tells RUNNING from READY. `ended`: its process is gone already, and
 * what follows its end (finish hooks) still goes on.
 */
export function toUserState(state: State, ready: boolean, ended = false): UserState {
  if (ended && (state === 'starting' || state === 'running')) return 'STOPPING';
  switch (state) {
    case 'stopped':
      return 'STOPPED';
    case 'waiting':
      return 'PENDING';
    case 'starting':
      return 'STARTING';
    case 'running':
      return ready ? 'READY' : 'RUNNING';
    case 'stopping':
    case 'killing':
      return 'STOPPING';
    case 'backoff':
      return 'BACKOFF';
    case 'exited':
      return 'COMPLETED';
    case 'failed':
      return 'FAILED';
  }
}

/** The state of a process is that of its least healthy instance; with no instance it is STOPPED. */
export function toProcessState(states: readonly UserState[]): UserState {
  return bySeverity.find((state) => states.includes(state)) ?? 'STOPPED';
}

const bySeverity: readonly UserState[] = [
  'FAILED',
  'BACKOFF',
  'STOPPING',
  'PENDING',
  'STARTING',
  'RUNNING',
  'READY',
  'COMPLETED',
  'STOPPED',
];
