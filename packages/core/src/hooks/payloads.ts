import type { ErrorCode } from '../errors.ts';
import type { TapOwner } from './owner.ts';

/** Facts that `config.detect` taps found, by name: `{ laravel: { version: '11.0', horizon: true } }`. */
export type Facts = Readonly<Record<string, unknown>>;

/** The folder the supervisor looks after, as `config.detect` and layers see it. Paths are relative to `cwd` or absolute. */
export interface Project {
  readonly cwd: string;
  /** The supervisor's environment, without its own secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** true where a file or folder exists. */
  has(path: string): boolean;
  /** Text of a file, or undefined where it cannot be read or is over 1 MiB. */
  read(path: string): string | undefined;
}

/** Where `plan.check` taps put what they find. Positions are looked up from the path. */
export interface Findings {
  /** The plan is refused. `path` is a configuration key, `processes.web.command`. */
  error(path: string, message: string, hint?: string): void;
  /** Said to the user; `pm check --strict` fails on it. */
  warning(path: string, message: string, hint?: string): void;
}

/** What to do after an end, in `instance.restart`. */
export interface RestartVerdict {
  readonly restart: boolean;
  /** Milliseconds; without it at once. No meaning without a restart. */
  readonly delayMs?: number;
  /** In words, shown by `pm why`. */
  readonly why: string;
}

/** One failure of one plugin, as `plugin.failed` taps see it. */
export interface PluginFailure {
  readonly plugin: string;
  /** A hook, or the step of its life: `setup`, `layer`, `dispose`, `uncaught`. */
  readonly hook: string;
  readonly message: string;
  readonly code: ErrorCode;
  /** true: this failure was one too many; its taps on isolated hooks are skipped from now on. */
  readonly muted: boolean;
}

/** What a tap of an awaited hook gets as its last argument. */
export interface Turn {
  /** Milliseconds left for it when its turn came. */
  readonly limitMs: number;
  /** Aborts when the time is over, or when the supervisor stops waiting. */
  readonly signal: AbortSignal;
}

/** How long core waits in an awaited hook. */
export interface FireLimit {
  /** Milliseconds for all taps together. Default: the limit of the hook's table. */
  readonly limitMs?: number;
  /** Stops the wait; the taps' own signal aborts with it. */
  readonly signal?: AbortSignal;
  /** Only taps of these set-ups: those a candidate plan is made with, or those that join at a reload. Default: all. */
  readonly only?: ReadonlySet<TapOwner>;
}
