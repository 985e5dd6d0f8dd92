import type { Diagnostic } from './config/diagnostic.ts';

/**
 * Every code an error of pm can carry, with what it means. The reference page of errors is printed from
 * this table, and a test holds each code to at least one use.
 */
export const errorCodes = {
  PM_CONFIG_INVALID: 'The configuration has errors; each is a diagnostic with a position.',
  PM_CONFIG_NOT_FOUND: 'No configuration file was found in any of the places searched.',
  PM_CONFIG_UNREADABLE: 'The configuration file exists but cannot be read (permission, a directory, too large).',
  PM_PLAN_INVALID: 'A plugin produced a plan that does not pass the meaning gate.',
  PM_PLUGIN_NOT_FOUND: 'A plugin named in the configuration cannot be resolved.',
  PM_PLUGIN_INVALID: 'A module was found but is not a pm plugin, or is made for another version of core.',
  PM_PLUGIN_FAILED: 'A plugin threw or ran over its time limit.',
  PM_SPAWN_FAILED: 'The operating system refused to start a process; the stage and errno say why.',
  PM_COMMAND_REFUSED: 'A command was refused by a plugin or by the state the supervisor is in.',
  PM_COMMAND_UNKNOWN_TARGET: 'A command names a process, instance or bundle that does not exist.',
  PM_COMMAND_INVALID: 'The arguments of a command are wrong.',
  PM_COMMAND_TIMEOUT: 'The wait for a command ended before its target reached the state asked for.',
  PM_ALREADY_RUNNING: 'Another supervisor runs on the same socket.',
  PM_BUG: 'Something that must not happen did: a defect of pm.',
} as const;

/** A key of `errorCodes`. */
export type ErrorCode = keyof typeof errorCodes;

/** What an error of pm can carry beside its code and message. */
export interface PmErrorOptions {
  /** What the reader can do about it: one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of all errors that pm throws. `message` says what and where; `hint` says what to do. */
export class PmError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: PmErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }
}

/** The configuration is wrong: all problems at once. */
export class ConfigError extends PmError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ErrorCode, message: string, diagnostics: readonly Diagnostic[], options: PmErrorOptions = {}) {
    super(code, message, options);
    this.diagnostics = diagnostics;
  }
}

/** A plugin failed; `hook` is where, or the lifecycle step (`resolve`, `setup`, `layer`, `dispose`). */
export class PluginError extends PmError {
  readonly plugin: string;
  readonly hook: string;

  constructor(code: ErrorCode, message: string, where: { plugin: string; hook: string }, options: PmErrorOptions = {}) {
    super(code, message, options);
    this.plugin = where.plugin;
    this.hook = where.hook;
  }
}

/** What was being done when a spawn failed. */
export type SpawnStage =
  | 'resolve'
  | 'working_dir'
  | 'pipes'
  | 'fork'
  | 'groups'
  | 'gid'
  | 'uid'
  | 'limits'
  | 'nice'
  | 'oom_score_adj'
  | 'cgroup'
  | 'session'
  | 'terminal'
  | 'stdin'
  | 'exec'
  | 'hook';

/** A process could not be started. Counted by the restart policy like any other failure. */
export class SpawnError extends PmError {
  readonly stage: SpawnStage;
  /** Symbolic, for example `ENOENT`; undefined where no system call failed. */
  readonly errno: string | undefined;

  constructor(stage: SpawnStage, message: string, options: PmErrorOptions & { errno?: string } = {}) {
    super('PM_SPAWN_FAILED', message, options);
    this.stage = stage;
    this.errno = options.errno;
  }
}

/** A command was not carried out. */
export class CommandError extends PmError {}

/** A defect of pm itself; drains and exits 70. */
export class BugError extends PmError {
  constructor(message: string, options: PmErrorOptions = {}) {
    super('PM_BUG', message, options);
  }
}
