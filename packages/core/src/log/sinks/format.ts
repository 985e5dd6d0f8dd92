import type { LogLevel } from '../../plan/spec.ts';
import type { LinePart } from '../lines.ts';
import type { LogRecord, LogStream } from '../record.ts';

/**
 * Output bytes. A string holds one byte a character (latin1): V8 copies and searches those fastest, several times
 * faster than it can decode UTF-8 or make an object of each line. A buffer is valid until the next piece is made.
 */
export type Piece = string | Buffer;

/** What all lines of one stream have in common. */
export interface Lane {
  readonly process: string;
  readonly instance: string;
  readonly stream: LogStream;
  readonly level: LogLevel;
  readonly labels: Readonly<Record<string, string>>;
}

/** A record of the supervisor itself. */
export interface OwnRecord {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Formatted {
  readonly piece: Piece;
  /** How many lines were in it. */
  readonly lines: number;
}

/** One of the formats of `log_format`. Whatever it is given, it makes whole lines of output, `raw` excepted. */
export interface Format {
  /** Whole lines, each with its end, all read at the same time. The fast path: chunks, not lines. */
  lines(lane: Lane, time: number, bytes: Buffer): Formatted;
  part(lane: Lane, time: number, part: LinePart): Piece;
  /** A line without end. */
  rest(lane: Lane, time: number, bytes: Buffer): Piece;
  /** A line that plugins looked at. */
  record(record: LogRecord, level: LogLevel): Piece;
  own(record: OwnRecord): Piece;
}

/** Text as the bytes of its UTF-8, one a character. */
export function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Says in words which part of a long line this is, where a format has no fields for it. */
export function toPartMark(part: Pick<LinePart, 'number' | 'more'>): string {
  return `[part ${part.number}, ${part.more ? 'continues' : 'end'}] `;
}

let lastTime = Number.NaN;
let lastIso = '';

/** ISO 8601 in UTC. Of the many lines of one millisecond only the first pays. */
export function toIsoTime(time: number): string {
  if (time === lastTime) return lastIso;
  lastTime = time;
  lastIso = new Date(time).toISOString();
  return lastIso;
}
