import { isUtf8 } from 'node:buffer';
import { countLines, frameLines } from '../../os/fast-lines.ts';
import { hasReturns, type LinePart, withoutReturn } from '../lines.ts';
import { hasControls } from './controls.ts';
import { type Format, type Lane, type OwnRecord, type Piece, toIsoTime, toLatin1 } from './format.ts';
import { toExtraFields, toJsonText } from './json-fields.ts';

export interface JsonOptions {
  readonly timestamps: boolean;
  /** Makes the supervisor's own records, loaded when first needed. */
  readonly formatOwn: (record: OwnRecord) => Piece;
}

const quote = 34;
const backslash = 92;
const lineEnds = /\n/g;

/**
 * One object a line: `time, level, process, instance, stream, msg`, then labels and merged fields. Always valid JSON in
 * valid UTF-8, whatever bytes a program writes: what is not UTF-8 becomes U+FFFD, control characters are escaped.
 */
export function createJsonFormat(options: JsonOptions): Format {
  const { timestamps, formatOwn } = options;
  const frames = createFrames();

  const open = (time: number): string => (timestamps ? `{"time":"${toIsoTime(time)}",` : '{');
  const object = (lane: Lane, time: number, bytes: Buffer, more = ''): Piece => {
    const { head, tail } = frames(lane);
    return `${open(time)}${head}${escape(toUtf8(bytes))}"${more}${tail}}\n`;
  };
  return {
    lines(lane, time, bytes) {
      const { head, tail } = frames(lane);
      const start = open(time) + head;
      const end = `"${tail}}\n`;
      const utf8 = toUtf8(bytes);
      const framed = frameLines(utf8, { before: start, after: end, escape: true });
      if (framed) return { piece: framed, lines: countLines(bytes) };
      const text = withoutReturn(utf8.subarray(0, -1));
      const body = hasReturns(text) ? escapeLines(text) : escape(text);
      const between = end + start;
      const joined = body.replace(lineEnds, toReplacement(between));
      return {
        piece: start + joined + end,
        lines: 1 + (joined.length - body.length) / (between.length - 1),
      };
    },
    part: (lane, time, part) =>
      object(lane, time, part.more ? part.bytes : withoutReturn(part.bytes), toPartFields(part)),
    rest: (lane, time, bytes) => object(lane, time, withoutReturn(bytes)),
    record({ time, process, instance, stream, text, fields }, level) {
      const known = { ...(timestamps ? { time: toIsoTime(time) } : {}), level, process, instance, stream, msg: text };
      return toLatin1(`${toJsonText({ ...known, ...toExtraFields(fields ?? {}) })}\n`);
    },
    own: formatOwn,
  };
}

interface Frame {
  readonly head: string;
  readonly tail: string;
}

/** What stands before and after the text of each line of a stream is made once for that stream. */
function createFrames(): (lane: Lane) => Frame {
  const known = new WeakMap<Lane, Frame>();
  return (lane) => {
    const found = known.get(lane);
    if (found) return found;
    const { level, process, instance, stream } = lane;
    const names = JSON.stringify({ level, process, instance, stream }).slice(1, -1);
    const labels = JSON.stringify(toExtraFields(lane.labels)).slice(1, -1);
    const frame = { head: toLatin1(`${names},"msg":"`), tail: toLatin1(labels === '' ? '' : `,${labels}`) };
    known.set(lane, frame);
    return frame;
  };
}

function toPartFields({ number, more }: LinePart): string {
  return `,"part":${number},"more":${more}`;
}

function toUtf8(bytes: Buffer): Buffer {
  return isUtf8(bytes) ? bytes : Buffer.from(bytes.toString(), 'utf8');
}

/** The inside of JSON strings, still separated by line feeds. Each step is skipped when there is nothing to do for it. */
function escape(bytes: Buffer, text: string = bytes.toString('latin1')): string {
  const backslashed = bytes.includes(backslash) ? text.replace(/\\/g, '\\\\') : text;
  const quoted = bytes.includes(quote) ? backslashed.replace(/"/g, '\\"') : backslashed;
  return hasControls(bytes) ? quoted.replace(controls, toEscape) : quoted;
}

function escapeLines(bytes: Buffer): string {
  return escape(bytes, bytes.toString('latin1').replace(/\r\n/g, '\n'));
}

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const controls = /[\0-\x09\x0b-\x1f]/g;

function toEscape(character: string): string {
  return JSON.stringify(character).slice(1, -1);
}

/** `$` means something in a replacement. */
function toReplacement(text: string): string {
  return text.includes('$') ? text.replaceAll('$', '$$$$') : text;
}
