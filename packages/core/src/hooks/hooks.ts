import type { Command, Refusal } from '../command/command.ts';
import type { Draft } from '../config/draft.ts';
import type { Caller, Reason } from '../event/event.ts';
import type { InstanceView, LastExit, ProcessView, Snapshot, UserState } from '../instance/view.ts';
import type { LogRecord } from '../log/record.ts';
import type { SpawnRequest } from '../os/spawner.ts';
import type { Plan, PlanDiff } from '../plan/spec.ts';
import type { Facts, Findings, FireLimit, PluginFailure, Project, RestartVerdict, Turn } from './payloads.ts';
import type { StageName } from './stages.ts';

/** Nobody waits for the tap. A promise it returns is watched only to blame the plugin when it rejects. */
export interface Fact<Args extends readonly unknown[]> {
  tap(...args: Args): void | Promise<void>;
  fire(...args: Args): void;
}

/** The first tap that answers decides; `undefined` leaves it to the next. Not awaited. */
export interface Question<Args extends readonly unknown[], Answer> {
  tap(...args: Args): Answer | undefined | void;
  fire(...args: Args): Answer | undefined;
}

/** Each tap gets what the one before returned; `undefined` leaves it as it is. Not awaited. */
export interface Filter<Args extends readonly [unknown, ...unknown[]]> {
  tap(...args: Args): Args[0] | undefined | void;
  fire(...args: Args): Args[0];
}

/** Taps run one after the other; core waits, up to the limit. */
export interface Step<Args extends readonly unknown[]> {
  tap(...args: [...Args, turn: Turn]): void | Promise<void>;
  fire(...args: [...Args, limit?: FireLimit]): Promise<void>;
}

/** Like `Filter`, but core waits for each tap, up to the limit. */
export interface AwaitedFilter<Args extends readonly [unknown, ...unknown[]]> {
  tap(...args: [...Args, turn: Turn]): Args[0] | undefined | void | Promise<Args[0] | undefined | void>;
  fire(...args: [...Args, limit?: FireLimit]): Promise<Args[0]>;
}

/** Taps run at the same time; what they return is joined, earlier plugins first. */
export interface Survey<Args extends readonly unknown[], Answer> {
  tap(...args: [...Args, turn: Turn]): Answer | undefined | void | Promise<Answer | undefined | void>;
  fire(...args: [...Args, limit?: FireLimit]): Promise<readonly Answer[]>;
}

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** A draft as plugins see it: frozen. A change is a copy: `{ ...draft, processes: { ...draft.processes, web } }`. */
export type FrozenDraft = Frozen<Draft>;

/** What `plan.transform` taps know besides the draft. */
export interface TransformContext {
  readonly facts: Facts;
  readonly project: Project;
}

/** Every hook: who may tap it with what, grouped by whose life it follows. The sentences are those of `hookTable`. */
export interface HookShapes {
  readonly config: {
    /** Framework detection: looks at the project folder and returns facts for layers and transforms. */
    readonly detect: Survey<[project: Project], Facts>;
  };
  readonly plan: {
    /** Sees the whole draft, after all layers and before defaults, and may return a changed copy. */
    readonly transform: AwaitedFilter<[draft: FrozenDraft, context: TransformContext]>;
    /** Checks the finished plan across sections and reports findings; an error refuses the plan. */
    readonly check: Step<[plan: Plan, findings: Findings]>;
    /** A plan became the current one, at boot and after each reload or change at run time. */
    readonly applied: Fact<[plan: Plan, diff: PlanDiff]>;
  };
  readonly supervisor: {
    /** Before the first process starts: open ports and files here, not in setup; also for a plugin that joins at a reload. */
    readonly starting: Step<[plan: Plan]>;
    /** Everything that boots is ready, or has failed and is not required. */
    readonly running: Step<[snapshot: Snapshot]>;
    /** The stop has begun and nothing was signalled yet. */
    readonly draining: Step<[reason: string, caller: Caller]>;
    /** Every process is gone: the last moment to send something. */
    readonly stopped: Step<[exitCode: number]>;
  };
  readonly command: {
    /** May refuse a command by returning a refusal; a stop of the supervisor is shown but cannot be refused. */
    readonly received: Question<[command: Command, caller: Caller], Refusal>;
  };
  readonly unit: {
    /** The aggregate state of a process changed: desired state, scale, readiness or the state of an instance. */
    readonly changed: Fact<[view: ProcessView]>;
  };
  readonly instance: {
    /** Before each spawn: may return a request with another environment, command line, directory or limits. */
    readonly spawning: AwaitedFilter<[request: SpawnRequest, view: InstanceView]>;
    /** The operating system process exists. */
    readonly spawned: Fact<[view: InstanceView]>;
    /** Readiness opened. */
    readonly ready: Fact<[view: InstanceView]>;
    /** Readiness closed, and why. */
    readonly unready: Fact<[view: InstanceView, why: string]>;
    /** The main process ended and nothing of it is left. */
    readonly exited: Fact<[view: InstanceView, exit: LastExit]>;
    /** The state that users see changed. */
    readonly changed: Fact<[view: InstanceView, from: UserState]>;
    /** Before the stop signal, inside the grace period: drain here. */
    readonly stopping: Step<[view: InstanceView, reason: Reason]>;
    /** After an end: may answer with another verdict than the restart policy's; the first answer wins. */
    readonly restart: Question<[view: InstanceView, exit: LastExit, proposed: RestartVerdict], RestartVerdict>;
  };
  readonly log: {
    /** Each line of output before it is written: redact, set the level, drop. Nothing is made of lines while nobody taps. */
    readonly line: Filter<[record: LogRecord]>;
  };
  readonly plugin: {
    /** A plugin failed: for metrics and alerts. Failures in this hook itself are reported, not fired again. */
    readonly failed: Fact<[failure: PluginFailure]>;
  };
}

type Names<Groups> = { [G in keyof Groups & string]: `${G}.${keyof Groups[G] & string}` }[keyof Groups & string];

/** `instance.spawning`: every hook by its full name. */
export type HookName = Names<HookShapes>;

export type HookKind =
  | 'SyncHook' | 'SyncBailHook' | 'SyncWaterfallHook'
  | 'AsyncParallelHook' | 'AsyncSeriesHook' | 'AsyncSeriesWaterfallHook';

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
    kind: 'AsyncParallelHook', policy: 'isolate', limitMs: 5_000, planning: true, args: ['project'],
    description: 'Framework detection: looks at the project folder and returns facts for layers and transforms.',
  },
  'plan.transform': {
    kind: 'AsyncSeriesWaterfallHook', policy: 'strict', limitMs: 30_000, planning: true, args: ['draft', 'context'],
    description: 'Sees the whole draft, after all layers and before defaults, and may return a changed copy.',
  },
  'plan.check': {
    kind: 'AsyncSeriesHook', policy: 'strict', limitMs: 30_000, planning: true, args: ['plan', 'findings'],
    description: 'Checks the finished plan across sections and reports findings; an error refuses the plan.',
  },
  'plan.applied': {
    kind: 'SyncHook', policy: 'isolate', args: ['plan', 'diff'],
    description: 'A plan became the current one, at boot and after each reload or change at run time.',
  },
  'supervisor.starting': {
    kind: 'AsyncSeriesHook', policy: 'strict', limitMs: 30_000, args: ['plan'],
    description: 'Before the first process starts: open ports and files here, not in setup; also for a plugin that joins at a reload.',
  },
  'supervisor.running': {
    kind: 'AsyncSeriesHook', policy: 'isolate', limitMs: 30_000, args: ['snapshot'],
    description: 'Everything that boots is ready, or has failed and is not required.',
  },
  'supervisor.draining': {
    kind: 'AsyncSeriesHook', policy: 'isolate', limitMs: 5_000, args: ['reason', 'caller'],
    description: 'The stop has begun and nothing was signalled yet.',
  },
  'supervisor.stopped': {
    kind: 'AsyncSeriesHook', policy: 'isolate', limitMs: 5_000, args: ['exitCode'],
    description: 'Every process is gone: the last moment to send something.',
  },
  'command.received': {
    kind: 'SyncBailHook', policy: 'strict', args: ['command', 'caller'],
    description: 'May refuse a command by returning a refusal; a stop of the supervisor is shown but cannot be refused.',
  },
  'unit.changed': {
    kind: 'SyncHook', policy: 'isolate', args: ['view'],
    description: 'The aggregate state of a process changed: desired state, scale, readiness or the state of an instance.',
  },
  'instance.spawning': {
    kind: 'AsyncSeriesWaterfallHook', policy: 'strict', limitMs: 5_000, args: ['request', 'view'],
    description: 'Before each spawn: may return a request with another environment, command line, directory or limits.',
  },
  'instance.spawned': {
    kind: 'SyncHook', policy: 'isolate', args: ['view'],
    description: 'The operating system process exists.',
  },
  'instance.ready': { kind: 'SyncHook', policy: 'isolate', args: ['view'], description: 'Readiness opened.' },
  'instance.unready': { kind: 'SyncHook', policy: 'isolate', args: ['view', 'why'], description: 'Readiness closed, and why.' },
  'instance.exited': {
    kind: 'SyncHook', policy: 'isolate', args: ['view', 'exit'],
    description: 'The main process ended and nothing of it is left.',
  },
  'instance.changed': {
    kind: 'SyncHook', policy: 'isolate', args: ['view', 'from'],
    description: 'The state that users see changed.',
  },
  'instance.stopping': {
    kind: 'AsyncSeriesHook', policy: 'isolate', limitMs: 30_000, args: ['view', 'reason'],
    description: 'Before the stop signal, inside the grace period: drain here.',
  },
  'instance.restart': {
    kind: 'SyncBailHook', policy: 'isolate', args: ['view', 'exit', 'proposed'],
    description: "After an end: may answer with another verdict than the restart policy's; the first answer wins.",
  },
  'log.line': {
    kind: 'SyncWaterfallHook', policy: 'isolate', args: ['record'],
    description: 'Each line of output before it is written: redact, set the level, drop. Nothing is made of lines while nobody taps.',
  },
  'plugin.failed': {
    kind: 'SyncHook', policy: 'isolate', args: ['failure'],
    description: 'A plugin failed: for metrics and alerts. Failures in this hook itself are reported, not fired again.',
  },
};

export interface TapOptions {
  /** Where among the taps of this hook: lower first. Default `normal`, 0. See `stages`. */
  readonly stage?: StageName | number;
  /** Plugins whose taps must come after this one, whatever the plugin order says. An unknown name is an error. */
  readonly before?: string | readonly string[];
  /** Only on `log.line`: when this tap fails the text is withheld, not passed on (redaction). */
  readonly critical?: boolean;
}

/** What plugins see of a hook: one verb. */
export interface Tappable<Tap> {
  tap(tap: Tap, options?: TapOptions): void;
}

/** What core sees of a hook. */
export interface Fireable<Fire> {
  readonly fire: Fire;
  /** false: nobody listens now, so that nothing has to be made for it. */
  hasTaps(): boolean;
}

/** The hooks as a plugin holds them: `pm.hooks.instance.spawned.tap(…)`. */
export type PluginHooks = {
  readonly [G in keyof HookShapes]: {
    readonly [H in keyof HookShapes[G]]: HookShapes[G][H] extends { tap: infer Tap } ? Tappable<Tap> : never;
  };
};

/** The hooks as core holds them: `hooks.instance.spawned.fire(…)`. */
export type CoreHooks = {
  readonly [G in keyof HookShapes]: {
    readonly [H in keyof HookShapes[G]]: HookShapes[G][H] extends { fire: infer Fire } ? Fireable<Fire> : never;
  };
};
