import type { HookName } from './hooks.ts';

export type HookKind =
  | 'SyncHook'
  | 'SyncBailHook'
  | 'SyncWaterfallHook'
  | 'AsyncParallelHook'
  | 'AsyncSeriesHook'
  | 'AsyncSeriesWaterfallHook';

export interface HookInfo {
  /** The class of tapable that runs it. */
  readonly kind: HookKind;
  /** `strict`: a failing tap aborts that operation. `isolate`: it is reported and skipped. */
  readonly policy: 'strict' | 'isolate';
  /** Milliseconds for all taps of an awaited hook together, unless core sets a limit of its own (a grace period). */
  readonly limitMs?: number;
  /** true: fires while a plan is made, also by `pm check`; the others only under a running supervisor. */
  readonly planning?: boolean;
  readonly args: readonly string[];
  readonly description: string;
}

/** Every hook as data. The docs page, the registry and the guard are made from it. */
export const hookTable: Readonly<Record<HookName, HookInfo>> = {
  'config.detect': {
    kind: 'AsyncParallelHook',
    policy: 'isolate',
    limitMs: 5_000,
    planning: true,
    args: ['project'],
    description: 'Framework detection: looks at the project folder and returns facts for layers and transforms.',
  },
  'plan.transform': {
    kind: 'AsyncSeriesWaterfallHook',
    policy: 'strict',
    limitMs: 30_000,
    planning: true,
    args: ['draft', 'context'],
    description: 'Sees the whole draft, after all layers and before defaults, and may return a changed copy.',
  },
  'plan.check': {
    kind: 'AsyncSeriesHook',
    policy: 'strict',
    limitMs: 30_000,
    planning: true,
    args: ['plan', 'findings'],
    description: 'Checks the finished plan across sections and reports findings; an error refuses the plan.',
  },
  'plan.applied': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['plan', 'diff'],
    description:
      'A plan became the current one, at boot and at each reload or change at run time; what it brings starts after that.',
  },
  'supervisor.starting': {
    kind: 'AsyncSeriesHook',
    policy: 'strict',
    limitMs: 30_000,
    args: ['plan'],
    description:
      'Before the first process starts: open ports and files here, not in setup; also for a plugin that joins at a reload.',
  },
  'supervisor.running': {
    kind: 'AsyncSeriesHook',
    policy: 'isolate',
    limitMs: 30_000,
    args: ['snapshot'],
    description: 'Everything that boots is ready, or has failed and is not required.',
  },
  'supervisor.draining': {
    kind: 'AsyncSeriesHook',
    policy: 'isolate',
    limitMs: 5_000,
    args: ['reason', 'caller'],
    description: 'The stop has begun and nothing was signalled yet.',
  },
  'supervisor.stopped': {
    kind: 'AsyncSeriesHook',
    policy: 'isolate',
    limitMs: 5_000,
    args: ['exitCode'],
    description: 'Every process is gone: the last moment to send something.',
  },
  'command.received': {
    kind: 'SyncBailHook',
    policy: 'strict',
    args: ['command', 'caller'],
    description:
      'May refuse a command by returning a refusal; a stop of the supervisor is shown but cannot be refused.',
  },
  'unit.changed': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['view'],
    description:
      'The aggregate state of a process changed: desired state, scale, readiness or the state of an instance.',
  },
  'instance.spawning': {
    kind: 'AsyncSeriesWaterfallHook',
    policy: 'strict',
    limitMs: 5_000,
    args: ['request', 'view'],
    description: 'Before each spawn: may return a request with another environment, command line, directory or limits.',
  },
  'instance.spawned': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['view'],
    description: 'The operating system process exists.',
  },
  'instance.ready': { kind: 'SyncHook', policy: 'isolate', args: ['view'], description: 'Readiness opened.' },
  'instance.unready': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['view', 'why'],
    description: 'Readiness closed, and why.',
  },
  'instance.exited': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['view', 'exit'],
    description: 'The main process ended and nothing of it is left.',
  },
  'instance.changed': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['view', 'from'],
    description: 'The state that users see changed.',
  },
  'instance.stopping': {
    kind: 'AsyncSeriesHook',
    policy: 'isolate',
    limitMs: 30_000,
    args: ['view', 'reason'],
    description: 'Before the stop signal, inside the grace period: drain here.',
  },
  'instance.restart': {
    kind: 'SyncBailHook',
    policy: 'isolate',
    args: ['view', 'exit', 'proposed'],
    description: "After an end: may answer with another verdict than the restart policy's; the first answer wins.",
  },
  'log.line': {
    kind: 'SyncWaterfallHook',
    policy: 'isolate',
    args: ['record'],
    description:
      'Each line of output before it is written: redact, set the level, drop. Nothing is made of lines while nobody taps.',
  },
  'plugin.failed': {
    kind: 'SyncHook',
    policy: 'isolate',
    args: ['failure'],
    description: 'A plugin failed: for metrics and alerts. Failures in this hook itself are reported, not fired again.',
  },
};
