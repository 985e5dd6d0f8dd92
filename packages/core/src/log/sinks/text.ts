import type { LogLevel } from '../../plan/spec.ts';
import { countLines, frameLines } from '../../os/fast-lines.ts';
import { hasReturns, withoutReturn } from '../lines.ts';
import { toFieldText } from './field-text.ts';
import { type Format, type Lane, type OwnRecord, toIsoTime, toLatin1, toPartMark } from './format.ts';

export interface TextOptions {
  readonly timestamps: boolean;
  /** For people: local time, names padded, a colour for each process, a red bar for stderr. */
  readonly terminal: boolean;
  /** Default true; matters on a terminal only (NO_COLOR). */
  readonly colours?: boolean;
}

const lineEnds = /\n/g;
const windowsEnds = /\r\n/g;

/** `TIME NAME-1 | line`. The text of a line is passed on byte for byte, but for a `\r` before its end. */
export function createTextFormat(options: TextOptions): Format {
  const style = options.terminal ? createTerminalStyle(options) : createPlainStyle(options);

  const prefixed = (prefix: string, body: string): string => {
    const lines = body.includes('\n') ? body.replace(lineEnds, `\n${toReplacement(prefix)}`) : body;
    return `${prefix}${lines}\n`;
  };
  const linePrefix = (lane: Pick<Lane, 'process' | 'instance' | 'stream'>, time: number): string =>
    toLatin1(style.prefix(lane, time));
  return {
    lines(lane, time, bytes) {
      const prefix = linePrefix(lane, time);
      const framed = frameLines(bytes, { before: prefix, after: '\n', escape: false });
      if (framed) return { piece: framed, lines: countFramed(framed, bytes, prefix) };
      const body = bytes.toString('latin1', 0, bytes.length - 1);
      const clean = hasReturns(bytes) ? withoutReturns(body) : body;
      const piece = prefixed(prefix, clean);
      return { piece, lines: 1 + (piece.length - clean.length - prefix.length - 1) / prefix.length };
    },
    part(lane, time, part) {
      const bytes = part.more ? part.bytes : withoutReturn(part.bytes);
      return `${linePrefix(lane, time)}${toPartMark(part)}${bytes.toString('latin1')}\n`;
    },
    rest: (lane, time, bytes) => `${linePrefix(lane, time)}${withoutReturn(bytes).toString('latin1')}\n`,
    record: (record) => prefixed(linePrefix(record, record.time), toLatin1(record.text)),
    own: (record) => prefixed(toLatin1(style.ownPrefix(record.time)), toLatin1(style.own(record))),
  };
}

/** Without returns, each line feed was replaced by a prefix and a line feed. */
function countFramed(framed: Buffer, bytes: Buffer, prefix: string): number {
  return hasReturns(bytes) ? countLines(bytes) : (framed.length - bytes.length) / prefix.length;
}

interface Style {
  prefix(lane: Pick<Lane, 'process' | 'instance' | 'stream'>, time: number): string;
  ownPrefix(time: number): string;
  own(record: OwnRecord): string;
}

function createPlainStyle({ timestamps }: TextOptions): Style {
  const stamp = (time: number): string => (timestamps ? `${toIsoTime(time)} ` : '');
  return {
    prefix: ({ instance }, time) => `${stamp(time)}${instance} | `,
    ownPrefix: (time) => `${stamp(time)}pm | `,
    own: (record) => toLevelWord(record.level) + record.message + toFieldText(record.fields),
  };
}

const palette = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94] as const;
const levelColours: Readonly<Record<LogLevel, number>> = { debug: 2, info: 39, warn: 33, error: 31 };
/** A single very long name must not push all lines aside. */
const widestName = 24;

function createTerminalStyle({ timestamps, colours = true }: TextOptions): Style {
  const paint = (code: number, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  const colourOf = createColours();
  let width = 2;

  const stamp = (time: number): string => (timestamps ? `${paint(2, toClockTime(time))} ` : '');
  const name = (text: string, code: number): string => {
    width = Math.max(width, Math.min(text.length, widestName));
    return paint(code, text.padEnd(width));
  };
  // What a program left switched on (bold, a colour) ends with its line.
  const reset = colours ? '\x1b[0m' : '';
  return {
    prefix: ({ process, instance, stream }, time) => {
      const bar = stream === 'stderr' ? paint(31, '|') : '|';
      return `${reset}${stamp(time)}${name(instance, colourOf(process))} ${bar} `;
    },
    ownPrefix: (time) => `${reset}${stamp(time)}${name('pm', 1)} | `,
    own: ({ level, message, fields }) => {
      const details = toFieldText(fields);
      return paint(levelColours[level], toLevelWord(level) + message) + (details === '' ? '' : paint(2, details));
    },
  };
}

/** The same process has the same colour, neighbours in order of appearance have different ones. */
function createColours(): (process: string) => number {
  const seen = new Map<string, number>();
  return (process) => {
    const known = seen.get(process);
    if (known !== undefined) return known;
    const colour = palette[seen.size % palette.length] ?? palette[0];
    seen.set(process, colour);
    return colour;
  };
}

function toLevelWord(level: LogLevel): string {
  return level === 'info' ? '' : `${level}: `;
}

function toClockTime(time: number): string {
  const date = new Date(time);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `body` lacks the last line feed, so a last `\r` is one before it. */
function withoutReturns(body: string): string {
  const inner = body.replace(windowsEnds, '\n');
  return inner.endsWith('\r') ? inner.slice(0, -1) : inner;
}

/** `$` means something in a replacement. */
function toReplacement(text: string): string {
  return text.includes('$') ? text.replaceAll('$', '$$$$') : text;
}
