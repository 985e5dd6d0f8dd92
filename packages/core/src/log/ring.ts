import { countLines } from '../os/fast-lines.ts';
import type { LogLevel } from '../plan/spec.ts';
import { toTexts } from './lines.ts';
import type { KeptLine } from './pipeline.ts';
import type { LogStream } from './record.ts';

/** Bytes of one stream that are kept together. */
export interface KeptBytes {
  readonly time: number;
  readonly stream: LogStream;
  readonly level: LogLevel;
  /** Whole lines, with or without the last line feed. Copied. */
  readonly bytes: Buffer;
  /** How many lines that are. 1 for a text that must stay in one piece although it has line feeds in it. */
  readonly lines: number;
}

/** The last lines of one instance, across its restarts. */
export interface Ring {
  push(kept: KeptBytes): void;
  /** The last `count` lines, oldest first. */
  last(count: number): KeptLine[];
  /** Another number of lines, from now on. */
  resize(maxLines: number): void;
  /** Bytes of memory held now. */
  size(): number;
}

/** Memory for each line of `log_buffer`: with longer lines on average, fewer are kept. */
const bytesPerLine = 512;
const leastBytes = 64 * 1024;

/**
 * Keeps bytes, not lines: at full speed most of them are gone before anybody asks, so they are copied (2 µs for
 * 64 KiB), and split and decoded only when read. Bounded by lines and by bytes; gives up the oldest block at a time.
 */
export function createRing(maxLines: number): Ring {
  let limit = maxLines;
  const blocks: Block[] = [];
  let lines = 0;
  let size = 0;
  /** The memory of the block that was given up last: at full speed nothing is allocated. */
  let spare: Buffer | undefined;

  const open = (least: number): Block => {
    const memory = spare && spare.length >= least ? spare : Buffer.allocUnsafeSlow(toCapacity(least, blocks.at(-1)));
    const block = { memory, used: 0, lines: 0 };
    spare = undefined;
    blocks.push(block);
    size += block.memory.length;
    return block;
  };
  /** What remains without the oldest block is still enough, or the whole is too much. */
  const isOver = (first: Block): boolean => lines - first.lines >= limit || size > toMaxBytes(limit);
  const trim = (): void => {
    for (let first = blocks[0]; first && blocks.length > 1 && isOver(first); first = blocks[0]) {
      blocks.shift();
      lines -= first.lines;
      size -= first.memory.length;
      spare = first.memory;
    }
  };
  return {
    size: () => size,
    push(kept) {
      if (limit === 0) return;
      const fitting = shorten(kept, toMaxBytes(limit) / 4);
      const needed = headerSize + fitting.bytes.length;
      const last = blocks.at(-1);
      write(last && last.used + needed <= last.memory.length ? last : open(needed), fitting);
      lines += fitting.lines;
      trim();
    },
    resize(next) {
      limit = next;
      trim();
    },
    last(count) {
      const wanted = Math.min(count, limit);
      const found: KeptLine[][] = [];
      let missing = wanted;
      for (let at = blocks.length - 1; at >= 0 && missing > 0; at--) {
        const block = readBlock(blocks[at] as Block);
        missing -= block.length;
        found.unshift(block);
      }
      return wanted > 0 ? found.flat().slice(-wanted) : [];
    },
  };
}

function toMaxBytes(maxLines: number): number {
  return Math.max(leastBytes, maxLines * bytesPerLine);
}

/** Entries one after the other: a header and the bytes. No objects, so that a thousand quiet services cost little. */
interface Block {
  readonly memory: Buffer;
  used: number;
  lines: number;
}

const smallestBlock = 1024;
/** One read of a busy pipe, and the line that began in the read before. */
const largestBlock = 68 * 1024;

function toCapacity(least: number, last: Block | undefined): number {
  return Math.max(least, last === undefined ? smallestBlock : Math.min(largestBlock, last.memory.length * 2));
}

/** Time as a double, length and lines as 32-bit numbers, then stream and level. */
const headerSize = 8 + 4 + 4 + 1;
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function write(block: Block, { time, stream, level, bytes, lines }: KeptBytes): void {
  const { memory, used } = block;
  memory.writeDoubleLE(time, used);
  memory.writeUInt32LE(bytes.length, used + 8);
  memory.writeUInt32LE(lines, used + 12);
  memory.writeUInt8((levels.indexOf(level) << 1) | (stream === 'stderr' ? 1 : 0), used + 16);
  bytes.copy(memory, used + headerSize);
  block.used += headerSize + bytes.length;
  block.lines += lines;
}

function readBlock({ memory, used }: Block): KeptLine[] {
  const found: KeptLine[] = [];
  for (let at = 0; at < used;) {
    const end = at + headerSize + memory.readUInt32LE(at + 8);
    const flags = memory.readUInt8(at + 16);
    const kept = toKeptLines({
      time: memory.readDoubleLE(at),
      lines: memory.readUInt32LE(at + 12),
      stream: (flags & 1) === 1 ? 'stderr' : 'stdout',
      level: levels[flags >> 1] ?? 'info',
      bytes: memory.subarray(at + headerSize, end),
    });
    for (const line of kept) found.push(line);
    at = end;
  }
  return found;
}

/** Kept bytes as lines. */
export function toKeptLines({ time, stream, level, bytes, lines }: KeptBytes): KeptLine[] {
  const texts = toTexts(bytes);
  return (lines === 1 ? [texts.join('\n')] : texts).map((text) => ({ time, stream, level, text }));
}

const cutMark = Buffer.from(' … [cut]');

/** Of too much, the last lines; of one line that is too long, its beginning. */
function shorten(kept: KeptBytes, most: number): KeptBytes {
  if (kept.bytes.length <= most) return kept;
  if (kept.lines === 1)
    return { ...kept, bytes: Buffer.concat([kept.bytes.subarray(0, most - cutMark.length), cutMark]) };
  const tail = kept.bytes.subarray(-most);
  const bytes = tail.subarray(tail.indexOf(10) + 1);
  const lines = countLines(bytes);
  return bytes.length === 0 ? shorten({ ...kept, bytes: tail, lines: 1 }, most) : { ...kept, bytes, lines };
}
