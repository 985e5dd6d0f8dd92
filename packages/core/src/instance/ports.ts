import type { EventPayloads, EventType, Reason } from '../event/event.ts';
import type { LogPipeline } from '../log/pipeline.ts';
import type { Clock } from '../os/clock.ts';
import type { SpawnRequest, Spawner } from '../os/spawner.ts';
import type { TreeUsage } from '../os/tree-usage.ts';
import type { InstanceView, LastExit, UserState } from './view.ts';
import type { Verdict } from './restart-policy.ts';

/** What hooks may change in the life of an instance. The supervisor joins it to the plugins' taps. */
export interface InstanceHooks {
  /** Throws when a tap fails: the spawn is then a failure like any other. */
  spawning(request: SpawnRequest, view: InstanceView): Promise<SpawnRequest>;
  spawned(view: InstanceView): void;
  ready(view: InstanceView): void;
  unready(view: InstanceView, why: string): void;
  exited(view: InstanceView, exit: LastExit): void;
  changed(view: InstanceView, from: UserState): void;
  /** Never rejects; ends at the latest after `limitMs`, or when `signal` aborts. */
  stopping(
    view: InstanceView,
    reason: Reason,
    limit: { readonly limitMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Another verdict than the proposed one, or undefined. */
  restart(view: InstanceView, exit: LastExit, proposed: Verdict): RestartOverride | undefined;
  /** false: nobody taps `spawning`, so that a spawn needs no turn of the loop. */
  hasSpawningTaps(): boolean;
}

export interface RestartOverride {
  readonly restart: boolean;
  readonly delayMs?: number;
  readonly why: string;
}

/** Looks at the machine. */
export interface Probes {
  canConnect(port: number, signal: AbortSignal): Promise<boolean>;
  /** Something that changes when the file is written or replaced; undefined while it does not exist. */
  fileStamp(path: string): string | undefined;
  /** Resident memory of these processes together, in bytes. */
  residentBytes(pids: readonly number[]): number;
  /** What these processes use together; undefined when none is left. */
  treeUsage(pids: readonly number[]): TreeUsage | undefined;
}

/** What is outside of units and instances: the world, and the record of what happens in it. */
export interface Ports {
  readonly clock: Clock;
  readonly spawner: Spawner;
  readonly logs: LogPipeline;
  readonly probes: Probes;
  readonly hooks: InstanceHooks;
  /** The environment children inherit, secrets of the supervisor already removed. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Path of the control socket for PM_SOCKET; undefined while nobody listens on one. May change with a reload. */
  readonly socket: string | undefined;
  /** The container's memory limit in bytes, where there is one. */
  memoryLimit(): number | undefined;
  /** A number from 0 up to 1. */
  random(): number;
  /** Appends to the journal. */
  emit<T extends EventType>(type: T, payload: EventPayloads[T]): void;
}
