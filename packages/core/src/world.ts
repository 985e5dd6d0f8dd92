import type { Dispatch } from './command/dispatch.ts';
import type { Caller } from './event/event.ts';
import type { Journal } from './event/journal.ts';
import type { HookRegistry } from './hooks/registry.ts';
import type { Ports } from './instance/ports.ts';
import type { Snapshot } from './instance/view.ts';
import type { Planner } from './lifecycle/plan-keeper.ts';
import type { TreeUsage } from './os/tree-usage.ts';
import type { Plan, SignalName } from './plan/spec.ts';

/** Everything outside of the supervisor; the real one is made in `run.ts`. */
export interface World extends Omit<Ports, 'hooks' | 'emit' | 'socket'> {
  /** Where the control socket belongs; undefined where none can be made. */
  readonly socketPlace: string | undefined;
  readonly pid: number;
  /** Standard input is a terminal. */
  readonly hasTerminal: boolean;
}

/** What a supervisor is made of: the plan it begins with, and everything it touches. */
export interface SupervisorOptions {
  readonly plan: Plan;
  readonly hooks: HookRegistry;
  readonly replan: Planner;
  /** The world; hooks and the journal are joined to it here. */
  readonly world: World;
  /** Ends plugins, last in first out; bounded. */
  readonly disposePlugins: () => Promise<void>;
  /** The command after `--`. */
  readonly foreground?: readonly [string, ...string[]];
}

/** A supervisor that has not started yet, or runs. */
export interface Supervisor {
  /** Boots, supervises, stops. Resolves with the exit code when nothing is left; never rejects for what a process or plugin does. */
  run(): Promise<number>;
  readonly dispatch: Dispatch;
  snapshot(): Snapshot;
  readonly journal: Journal;
  /** The plan in force. */
  readonly plan: Plan;
  /** Who listens on the control socket says where it is: what starts from then on finds it as PM_SOCKET. */
  announceSocket(path: string | undefined): void;
  /** What the tree of each living instance uses now, by instance: of those named, or all. */
  usage(instances?: ReadonlySet<string>): Promise<ReadonlyMap<string, TreeUsage>>;
  /** What a signal to the supervisor means: SIGTERM, SIGINT and SIGQUIT stop (twice: kill), SIGHUP reads the configuration again. */
  onSignal(signal: SignalName): void;
  /** Keeps the supervisor from ending because it is idle, until the returned function is called. */
  hold(): () => void;
  /** Ends it in order because of a defect; the exit code is 70. */
  fail(error: unknown): void;
}

/** Why everything is to stop, and how it ends. The first one counts. */
export interface StopRequest {
  readonly reason: string;
  readonly caller: Caller;
  /** Default 0. */
  readonly exitCode?: number;
  /** The signal that asked for it, for the command after `--`. */
  readonly signal?: SignalName;
  /** `kill`: when a stop is already under way, it is cut short. */
  readonly again?: 'kill';
}
