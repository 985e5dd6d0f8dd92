import type { ErrorCode } from '../errors.ts';
import type { PlanDiff } from '../plan/spec.ts';
import type { LastExit, UserState } from '../instance/view.ts';

/** Why a process is started, stopped or restarted. Also the label of the restart counter. */
export type Reason =
  | 'boot'
  | 'manual'
  | 'crash'
  | 'exit'
  | 'health'
  | 'memory'
  | 'reload'
  | 'dependency'
  | 'schedule'
  | 'scale'
  | 'conflict'
  | 'shutdown'
  | 'rolling'
  | 'start_timeout';

/** Who caused a command: `signal`, `cli`, `api:NAME`, `plugin:NAME`, `core`. */
export type Caller = string;

/** Payloads by type. Plugins add their own by merging into this interface. */
export interface EventPayloads {
  'supervisor.starting': { readonly processes: number; readonly version: string; readonly name?: string };
  'supervisor.running': { readonly bootMs: number };
  'supervisor.draining': { readonly reason: string; readonly caller: Caller };
  'supervisor.stopped': {
    readonly exitCode: number;
    readonly stopMs: number;
    readonly culprits: readonly ShutdownCulprit[];
  };
  'supervisor.warning': { readonly message: string; readonly hint?: string };
  'plan.applied': { readonly diff: PlanDiff };
  /** `problems`: each with its place, `pm.yaml:4:7 error processes.web: …`. */
  'plan.rejected': { readonly message: string; readonly problems?: readonly string[] };
  'command.accepted': {
    readonly command: string;
    readonly targets: readonly string[];
    readonly caller: Caller;
    readonly from?: string;
  };
  'command.refused': {
    readonly command: string;
    readonly targets: readonly string[];
    readonly caller: Caller;
    readonly from?: string;
    readonly message: string;
  };
  'unit.changed': {
    readonly process: string;
    readonly desired: 'up' | 'down';
    readonly scale: number;
    readonly removed?: boolean;
  };
  /** It takes no part in this boot: `skipped: only_if env ROLE is not "web"`. */
  'unit.skipped': { readonly process: string; readonly reason: string };
  'instance.changed': {
    readonly process: string;
    readonly instance: string;
    readonly from: UserState;
    readonly to: UserState;
    readonly reason?: string;
  };
  'instance.spawned': { readonly process: string; readonly instance: string; readonly pid: number };
  'instance.spawn_failed': {
    readonly process: string;
    readonly instance: string;
    readonly stage: string;
    readonly message: string;
    readonly hint?: string;
  };
  'instance.ready': { readonly process: string; readonly instance: string; readonly afterMs: number };
  'instance.unready': { readonly process: string; readonly instance: string; readonly reason: string };
  'instance.exited': {
    readonly process: string;
    readonly instance: string;
    readonly exit: LastExit;
    readonly ranMs: number;
  };
  'instance.restarting': {
    readonly process: string;
    readonly instance: string;
    readonly reason: Reason;
    readonly delayMs: number;
    readonly attempt: number;
  };
  /** `overdue`: it had been asked to end before, and its time is over. */
  'instance.killed': {
    readonly process: string;
    readonly instance: string;
    readonly signal: string;
    readonly afterMs: number;
    readonly overdue: boolean;
  };
  'hook.finished': {
    readonly hook: string;
    readonly process?: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly message?: string;
  };
  'plugin.failed': {
    readonly plugin: string;
    readonly hook: string;
    readonly message: string;
    readonly code: ErrorCode;
  };
  'plugin.muted': { readonly plugin: string; readonly failures: number };
  'log.dropped': { readonly process: string; readonly instance: string; readonly lines: number };
  'orphan.reaped': { readonly pid: number };
}

/** What held up a stop that ran out of its budget. */
export interface ShutdownCulprit {
  readonly process: string;
  readonly instance: string;
  /** What it was waiting in: `pre_stop hook drain`, `SIGTERM (waited 30 s)`, `dependents`. */
  readonly waitingIn: string;
}

/** The name of an event. */
export type EventType = keyof EventPayloads;

/** A fact. Few, ordered by `seq`, never lost within the journal's length. */
export type PmEvent<T extends EventType = EventType> = {
  [K in T]: {
    readonly type: K;
    /** From 1, without gaps, over the life of the supervisor. */
    readonly seq: number;
    /** Milliseconds since the epoch. */
    readonly at: number;
  } & EventPayloads[K];
}[T];
