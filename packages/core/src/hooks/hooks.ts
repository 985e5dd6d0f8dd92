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

/** Every hook: who may tap it with what, grouped by whose life it follows. The sentences are those of `hookTable` (table.ts). */
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
    /** A plan became the current one, at boot and at each reload or change at run time; what it brings starts after that. */
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

/** Where a tap stands among the others, and what its failure means. */
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
