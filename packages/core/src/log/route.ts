import { countLines } from '../os/fast-lines.ts';
import type { Clock } from '../os/clock.ts';
import type { LogLevel } from '../plan/spec.ts';
import { isAtLeast, levelOf } from './level.ts';
import { type LineReceiver, toTexts } from './lines.ts';
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
export function createRoute(source: LogSource, ports: RoutePorts): Route {
  const lines = ports.tally.lines;
  let way = toWay(source);
  let { onLine } = source;

  const tell = (bytes: Buffer): void => {
    for (const text of onLine ? toTexts(bytes) : []) onLine?.(text);
  };
  return {
    lines(bytes) {
      if (onLine) tell(bytes);
      lines[way.lane.stream] += passLines(bytes, way, ports);
    },
    part(part) {
      tell(part.bytes);
      lines[way.lane.stream] += 1;
      passOne(
        { bytes: part.bytes, mark: toPartMark(part), format: (format, time) => format.part(way.lane, time, part) },
        way,
        ports,
      );
    },
    rest(bytes) {
      tell(bytes);
      lines[way.lane.stream] += 1;
      passOne({ bytes, mark: '', format: (format, time) => format.rest(way.lane, time, bytes) }, way, ports);
    },
    stopLines() {
      onLine = undefined;
    },
    adopt(traits) {
      way = toWay({ process: source.process, instance: source.instance, stream: source.stream, ...traits });
    },
  };
}

/** What decides over the lines of a stream now. */
interface Way {
  readonly lane: Lane;
  readonly shown: boolean;
  readonly minLevel: LogLevel | undefined;
}

function toWay({ process, instance, stream, labels, shown, minLevel }: Omit<LogSource, 'onLine'>): Way {
  return { lane: { process, instance, stream, labels, level: levelOf(stream) }, shown, minLevel };
}

function isLoud(level: LogLevel, { minLevel }: Way): boolean {
  return minLevel === undefined || isAtLeast(level, minLevel);
}

/** Returns how many there were. */
function passLines(bytes: Buffer, way: Way, ports: RoutePorts): number {
  const { lane, shown } = way;
  const tapped = shown && ports.tap.active();
  if (tapped) return tapLines(toTexts(bytes), way, ports);
  if (!shown || !isLoud(lane.level, way)) return countLines(bytes);
  const time = ports.clock.now();
  const lines = writeLines(bytes, time, lane, ports);
  ports.keep({ time, stream: lane.stream, level: lane.level, bytes, lines });
  return lines;
}

/** The fast path: no line is looked at. Returns how many there were. */
function writeLines(bytes: Buffer, time: number, lane: Lane, ports: RoutePorts): number {
  if (ports.isFull()) {
    const lines = countLines(bytes);
    ports.drop(lines);
    return lines;
  }
  const { piece, lines } = ports.format().lines(lane, time, bytes);
  ports.put(piece);
  return lines;
}

/** A single piece that is not a whole line: a part, or a last line without end. */
interface Single {
  readonly bytes: Buffer;
  /** Stands before it where there is no field for what it says. */
  readonly mark: string;
  readonly format: (format: Format, time: number) => Piece;
}

function passOne({ bytes, mark, format }: Single, way: Way, ports: RoutePorts): void {
  const { lane, shown } = way;
  if (!shown) return;
  const time = ports.clock.now();
  const marked = mark === '' ? bytes : Buffer.concat([Buffer.from(mark), bytes]);
  if (ports.tap.active()) return tapText(toTexts(marked).join('\n'), time, way, ports);
  if (!isLoud(lane.level, way)) return;
  if (ports.isFull()) ports.drop(1);
  else ports.put(format(ports.format(), time));
  ports.keep({ time, stream: lane.stream, level: lane.level, bytes: marked, lines: 1 });
}

function tapLines(texts: readonly string[], way: Way, ports: RoutePorts): number {
  const time = ports.clock.now();
  for (const text of texts) tapText(text, time, way, ports);
  return texts.length;
}

function tapText(text: string, time: number, way: Way, ports: RoutePorts): void {
  const { lane } = way;
  const record = ports.tap.apply(toRecord(lane, text, time));
  const level = record.level ?? lane.level;
  if (record.dropped === true || !isLoud(level, way)) return;
  if (ports.isFull()) ports.drop(1);
  else ports.put(ports.format().record(record, level));
  ports.keep({ time, stream: lane.stream, level, bytes: Buffer.from(record.text), lines: 1 });
}

function toRecord({ process, instance, stream, labels }: Lane, text: string, time: number): LogRecord {
  const fields = Object.keys(labels).length === 0 ? {} : { fields: labels };
  return { time, process, instance, stream, text, ...fields };
}
