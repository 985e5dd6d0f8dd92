import { countLines } from '../os/fast-lines.ts';
import type { Clock } from '../os/clock.ts';
import type { LogLevel } from '../plan/spec.ts';
import { isAtLeast, levelOf } from './level.ts';
import { type LinePart, type LineReceiver, toTexts } from './lines.ts';
import type { LineTap, LogSource, LogTraits } from './pipeline.ts';
import type { LogRecord, LogStream } from './record.ts';
import type { KeptBytes } from './ring.ts';
import { type Format, type Lane, type Piece, toPartMark } from './sinks/format.ts';

/** Counted while the supervisor runs, across restarts. */
export interface Tally {
  readonly lines: Record<LogStream, number>;
  bytes: number;
  dropped: number;
}

export interface RoutePorts {
  readonly clock: Clock;
  readonly tap: LineTap;
  readonly tally: Tally;
  readonly format: () => Format;
  /** true: too much waits already, these lines must not be written. */
  readonly isFull: () => boolean;
  readonly put: (piece: Piece) => void;
  readonly drop: (lines: number) => void;
  readonly keep: (kept: KeptBytes) => void;
}

export interface Route extends LineReceiver {
  stopLines(): void;
  adopt(traits: LogTraits): void;
}

/** The way of the lines of one stream: who waits for them, taps, the output, the ring. */
export function createRoute(first: LogSource, ports: RoutePorts): Route {
  const { tap, tally, clock } = ports;
  const { stream } = first;
  let source = first;
  let lane = toLane(source);
  let loud = isLoud(lane.level, source);
  let { onLine } = source;

  const tell = (bytes: Buffer): void => {
    for (const text of onLine ? toTexts(bytes) : []) onLine?.(text);
  };
  const keep = (time: number, bytes: Buffer, lines: number): void => {
    ports.keep({ time, stream, level: lane.level, bytes, lines });
  };
  const tapText = (time: number, text: string): void => {
    const record = tap.apply({ ...toRecord(lane, text), time });
    const level = record.level ?? lane.level;
    if (record.dropped === true || !isLoud(level, source)) return;
    if (ports.isFull()) ports.drop(1);
    else ports.put(ports.format().record(record, level));
    ports.keep({ time, stream, level, bytes: Buffer.from(record.text), lines: 1 });
  };
  /** A single piece that is not a whole line: a part, or a last line without end. */
  const pass = (bytes: Buffer, mark: string, toPiece: (time: number) => Piece): void => {
    tally.lines[stream] += 1;
    if (!source.shown) return;
    const time = clock.now();
    const marked = mark === '' ? bytes : Buffer.concat([Buffer.from(mark), bytes]);
    if (tap.active()) return tapText(time, toTexts(marked).join('\n'));
    if (!loud) return;
    if (ports.isFull()) ports.drop(1);
    else ports.put(toPiece(time));
    keep(time, marked, 1);
  };
  return {
    lines(bytes) {
      if (onLine) tell(bytes);
      const time = clock.now();
      if (!source.shown || !(loud || tap.active())) {
        tally.lines[stream] += countLines(bytes);
      } else if (tap.active()) {
        const texts = toTexts(bytes);
        tally.lines[stream] += texts.length;
        for (const text of texts) tapText(time, text);
      } else {
        const lines = writeLines(lane, time, bytes, ports);
        tally.lines[stream] += lines;
        keep(time, bytes, lines);
      }
    },
    part(part: LinePart) {
      tell(part.bytes);
      pass(part.bytes, toPartMark(part), (time) => ports.format().part(lane, time, part));
    },
    rest(bytes) {
      tell(bytes);
      pass(bytes, '', (time) => ports.format().rest(lane, time, bytes));
    },
    stopLines() {
      onLine = undefined;
    },
    adopt({ labels, minLevel, shown }) {
      const { process, instance } = source;
      source = { process, instance, stream, labels, shown, ...(minLevel === undefined ? {} : { minLevel }) };
      lane = toLane(source);
      loud = isLoud(lane.level, source);
    },
  };
}

/** The fast path: no line is looked at. Returns how many there were. */
function writeLines(lane: Lane, time: number, bytes: Buffer, ports: RoutePorts): number {
  if (ports.isFull()) {
    const lines = countLines(bytes);
    ports.drop(lines);
    return lines;
  }
  const { piece, lines } = ports.format().lines(lane, time, bytes);
  ports.put(piece);
  return lines;
}

function toLane({ process, instance, stream, labels }: LogSource): Lane {
  return { process, instance, stream, labels, level: levelOf(stream) };
}

function toRecord({ process, instance, stream, labels }: Lane, text: string): Omit<LogRecord, 'time'> {
  const fields = Object.keys(labels).length === 0 ? {} : { fields: labels };
  return { process, instance, stream, text, ...fields };
}

function isLoud(level: LogLevel, { minLevel }: LogSource): boolean {
  return minLevel === undefined || isAtLeast(level, minLevel);
}
