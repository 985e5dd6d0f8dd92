import type { Readable } from 'node:stream';
import type { LogFormat, LogLevel } from '../plan/spec.ts';
import type { LogRecord, LogStream } from './record.ts';

/** One stream of one instance, from its spawn to its last byte. */
export interface LogSource {
  readonly process: string;
  readonly instance: string;
  readonly stream: LogStream;
  readonly labels: Readonly<Record<string, string>>;
  readonly minLevel?: LogLevel;
  /** false: read and thrown away (`logging.stdout: false`), still seen by `onLine`. */
  readonly shown: boolean;
  /** Called with each whole line, before it is written, until `stopLines` (readiness by log line). */
  readonly onLine?: (text: string) => void;
}

/** What of a source may change while it runs. */
export type LogTraits = Pick<LogSource, 'labels' | 'minLevel' | 'shown'>;

export interface LogAttachment {
  /** Resolves when the last byte was handed to the sink or the ring; never rejects. */
  readonly ended: Promise<void>;
  stopLines(): void;
  /** From the next line on. */
  adopt(traits: LogTraits): void;
  /** Writes what is buffered as a last line and stops reading. Idempotent. */
  detach(): void;
}

/** A line kept for `pm logs`. */
export interface KeptLine {
  readonly time: number;
  readonly stream: LogStream;
  /** As detected by a plugin, else `info` for stdout and `warn` for stderr. */
  readonly level?: LogLevel;
  readonly text: string;
}

/** The supervisor's own records; they go to the same output as `process: "pm"`. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface PipelineSettings {
  readonly format: 'auto' | LogFormat;
  readonly level: LogLevel;
  readonly timestamps: boolean;
  readonly overflow: 'block' | 'drop';
  /** Lines kept per instance. */
  readonly buffer: number;
}

/** Passes records through `log.line`. `active()` is false while nobody taps: then bytes never become objects. */
export interface LineTap {
  active(): boolean;
  apply(record: LogRecord): LogRecord;
}

/** Of one instance, since the supervisor started. */
export interface LogCounters {
  readonly lines: Readonly<Record<LogStream, number>>;
  readonly bytes: number;
  readonly dropped: number;
}

/** Lines in, formatted bytes out: one shared gate of back-pressure, one ring per instance. */
export interface LogPipeline {
  readonly logger: Logger;
  attach(source: LogSource, readable: Readable): LogAttachment;
  /** Before a spawn: what a file holds now is not the output of this instance, what comes after is, whenever `follow` begins. */
  mark(instance: string, path: string): void;
  /** Follows a file as a stream of this source: survives rotation (rename and truncate), waits for a file that does not exist yet. */
  follow(source: LogSource, path: string): LogAttachment;
  /** The last `count` lines of an instance, oldest first, across restarts. */
  kept(instance: string, count?: number): readonly KeptLine[];
  /** Everything that has kept lines: instances, hooks (`hook:NAME`), the supervisor itself (`pm`). */
  sources(): readonly { readonly process: string; readonly instance: string }[];
  /** Called for each kept line of every instance from now on; returns the way to stop. */
  onKept(listener: (process: string, instance: string, line: KeptLine) => void): () => void;
  /** Forgets the ring of a removed instance. */
  forget(instance: string): void;
  counters(instance: string): LogCounters;
  /** New settings (reload). Applies to the next line. */
  configure(settings: PipelineSettings): void;
  /** Waits until everything is written, or the limit; returns false at the limit. */
  flush(limitMs: number): Promise<boolean>;
  /**
   * The processes have ended: reads every stream to its end (a stranger that holds one is left behind after half the
   * limit), then flushes. false at the limit.
   */
  finish(limitMs: number): Promise<boolean>;
}
