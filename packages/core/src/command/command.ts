import type { Caller, Reason } from '../event/event.ts';
import type { PlanDiff, SignalName } from '../plan/spec.ts';
import type { ProcessView } from '../instance/view.ts';

/** Names of processes, instances (`queue-2`), bundles, templates (`openvpn@NAME`), or `label=KEY:VALUE` / `label=KEY=VALUE`. */
export type Target = string;

interface Addressed {
  readonly targets: readonly Target[];
}

/** Every way to change the world. Health, cron, API, signals and plugins have no other door. */
export type Command =
  | ({ readonly type: 'start'; readonly reason?: Reason } & Addressed)
  | ({ readonly type: 'stop'; readonly reason?: Reason } & Addressed)
  | ({ readonly type: 'restart'; readonly reason?: Reason; readonly rolling?: boolean } & Addressed)
  /** `reload_command` or `reload_signal` of a process. */
  | ({ readonly type: 'reload' } & Addressed)
  | ({ readonly type: 'signal'; readonly signal: SignalName } & Addressed)
  | { readonly type: 'scale'; readonly process: string; readonly to: number }
  /** Readiness from outside: opens or closes it for instances whose source is `external`. */
  | ({ readonly type: 'ready' } & Addressed)
  | ({ readonly type: 'unready'; readonly why: string } & Addressed)
  /** Reads the configuration again and applies the least change. */
  | { readonly type: 'apply-config'; readonly dryRun?: boolean }
  /** Creates or updates a process at run time; `declaration` is what a file would hold under `processes.NAME`. */
  | { readonly type: 'put-process'; readonly name: string; readonly declaration: unknown }
  | { readonly type: 'remove-process'; readonly name: string }
  /** Makes the dynamic processes that carry `label` exactly these. */
  | {
      readonly type: 'reconcile';
      readonly label: readonly [string, string];
      readonly declarations: Readonly<Record<string, unknown>>;
      readonly dryRun?: boolean;
    }
  | { readonly type: 'shutdown'; readonly reason: string };

/** The name of a command. */
export type CommandType = Command['type'];

/** Who asks, and how long the answer may take. */
export interface DispatchOptions {
  readonly caller: Caller;
  /** How long to wait for the final state; 0 (default) answers when the command is accepted. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Where the caller is: an address, a socket. For the audit. */
  readonly from?: string;
  /**
   * Told when the command is carried out as far as it can be without waiting, before the wait. Not told where it is
   * refused or fails at once.
   */
  readonly onAccepted?: (result: CommandResult) => void;
}

/** The answer to a command that was carried out. */
export interface CommandResult {
  /** true where the command changed anything: commands are idempotent. */
  readonly changed: boolean;
  /** The final state (with a wait) or the state now. */
  readonly processes: readonly ProcessView[];
  /** What a dry run or a reload found. */
  readonly diff?: PlanDiff;
}

/** Answered by a `command.received` tap to refuse. */
export interface Refusal {
  readonly message: string;
  readonly hint?: string;
}
