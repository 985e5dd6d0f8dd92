import type { LogLevel } from '../plan/spec.ts';

/** Where a line was written to. */
export type LogStream = 'stdout' | 'stderr';

/** One line of output as taps of `log.line` see it. Exists only when someone taps: without taps bytes are never made objects. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly process: string;
  readonly instance: string;
  readonly stream: LogStream;
  /** Without its line end. */
  readonly text: string;
  readonly level?: LogLevel;
  /** Merged into the JSON object (labels, fields of a parsed line). */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** true: a tap dropped it. */
  readonly dropped?: boolean;
}
