/** What a splitter makes of bytes. The bytes it hands over are valid during the call only: the memory is used again. */
export interface LineReceiver {
  /** One or more whole lines, each with its line end. */
  lines(bytes: Buffer): void;
  /** A piece of a line that is longer than the limit, without a line end. */
  part(part: LinePart): void;
  /** The last line of a stream, or one that was held for too long: it has no line end. */
  rest(bytes: Buffer): void;
}

export interface LinePart {
  readonly bytes: Buffer;
  /** 1, 2, … within one line. */
  readonly number: number;
  /** false: this is the end of the line. */
  readonly more: boolean;
}

export interface LineSplitter {
  /** `headroom`: bytes before the chunk, in the same memory, that are free to be used. Default 0. */
  push(chunk: Buffer, headroom?: number): void;
  /** Bytes of a line that has not ended yet. */
  held(): number;
  /** Hands over what is held as `rest`. What follows counts as a new line. */
  release(): void;
}

/** Longer lines are cut into parts (behaviour contract, line 33). */
export const longestLine: number = 1024 * 1024;
const lineFeed = 10;
const carriageReturn = 13;
/** Chunks are looked at in steps no longer than this, so that few lines of text are ever made in one go. */
const longestStep = 64 * 1024;

/**
 * Cuts a stream of bytes at line feeds. The same bytes give the same lines, however they are chunked; nothing is
 * lost, added or decoded, and a part never ends inside of a UTF-8 character.
 */
export function createLineSplitter(receiver: LineReceiver, limit: number = longestLine): LineSplitter {
  const carry: Carry = { memory: noMemory, used: 0 };
  let parts = 0;

  const cut = (): void => {
    const bytes = toBytes(carry);
    const end = toCharacterBoundary(bytes, limit);
    receiver.part({ bytes: bytes.subarray(0, end), number: ++parts, more: true });
    dropFirst(carry, end);
  };
  const keep = (bytes: Buffer): void => {
    append(carry, bytes);
    while (carry.used > limit) cut();
  };
  const finishParts = (): void => {
    receiver.part({ bytes: toBytes(carry), number: ++parts, more: false });
    parts = 0;
    clear(carry);
  };
  /** `bytes` end with the line feed that ends the line held so far. */
  const finishLine = (bytes: Buffer): void => {
    keep(bytes.subarray(0, -1));
    if (parts > 0) return finishParts();
    append(carry, bytes.subarray(-1));
    receiver.lines(toBytes(carry));
    clear(carry);
  };
  /** What was held is short enough to be put before what has come: then all lines of a read stay together. */
  const fits = (firstEnd: number, headroom: number): boolean =>
    parts === 0 && carry.used <= headroom && carry.used + firstEnd <= limit;
  const takeLines = (bytes: Buffer, end: number, headroom: number): void => {
    if (carry.used === 0 && parts === 0) return receiver.lines(end < bytes.length ? bytes.subarray(0, end) : bytes);
    const start = bytes.indexOf(lineFeed) + 1;
    if (fits(start, headroom)) return receiver.lines(moveBefore(carry, bytes, end));
    finishLine(bytes.subarray(0, start));
    if (start < end) receiver.lines(bytes.subarray(start, end));
  };
  const take = (bytes: Buffer, headroom: number): void => {
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end === 0) return keep(bytes);
    takeLines(bytes, end, headroom);
    if (end < bytes.length) keep(bytes.subarray(end));
  };
  const step = Math.min(limit, longestStep);
  return {
    held: () => carry.used,
    push(chunk, headroom = 0) {
      if (chunk.length <= step) return take(chunk, headroom);
      for (let start = 0; start < chunk.length; start += step) take(chunk.subarray(start, start + step), 0);
    },
    release() {
      if (parts > 0) return finishParts();
      if (carry.used > 0) receiver.rest(toBytes(carry));
      clear(carry);
    },
  };
}

/** Whole lines as text, without their ends (`\n` or `\r\n`). Bytes that are not UTF-8 become U+FFFD. */
export function toTexts(bytes: Buffer): string[] {
  const text = bytes.toString('utf8', 0, bytes[bytes.length - 1] === lineFeed ? bytes.length - 1 : bytes.length);
  const lines = text.split('\n');
  return text.includes('\r') ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines;
}

/** true: there may be `\r\n` in it. */
export function hasReturns(bytes: Buffer): boolean {
  return bytes.includes(carriageReturn);
}

/** The largest end up to `limit` that does not split a UTF-8 character. Bytes that are none are cut anywhere. */
function toCharacterBoundary(bytes: Buffer, limit: number): number {
  let end = limit;
  while (end > limit - 4 && end > 0 && isContinuation(bytes[end])) end--;
  return end > limit - 4 && end > 0 ? end : limit;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Without the `\r` of a Windows line end, the line feed being gone already. */
export function withoutReturn(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === carriageReturn ? bytes.subarray(0, -1) : bytes;
}

const smallestCarry = 256;
/** What one long line needed is given back after it. */
const largestIdleCarry = 4096;

/**
 * Bytes in one piece of memory that grows: a line that comes byte by byte must not cost an object a byte. A record without
 * functions of its own, because each stream of each service has one.
 */
interface Carry {
  memory: Buffer;
  /** Bytes of `memory`, from its start. */
  used: number;
}

const noMemory = Buffer.alloc(0);

function toBytes({ memory, used }: Carry): Buffer {
  return memory.subarray(0, used);
}

function append(carry: Carry, bytes: Buffer): void {
  const needed = carry.used + bytes.length;
  if (needed > carry.memory.length) {
    const larger = Buffer.allocUnsafeSlow(Math.max(smallestCarry, carry.memory.length * 2, needed));
    carry.memory.copy(larger, 0, 0, carry.used);
    carry.memory = larger;
  }
  carry.used += bytes.copy(carry.memory, carry.used);
}

/** Copies what is carried to before `bytes`, and returns both together, up to `end` of `bytes`. Then nothing is carried. */
function moveBefore(carry: Carry, bytes: Buffer, end: number): Buffer {
  const joined = Buffer.from(bytes.buffer, bytes.byteOffset - carry.used, carry.used + end);
  carry.memory.copy(joined, 0, 0, carry.used);
  carry.used = 0;
  return joined;
}

function dropFirst(carry: Carry, count: number): void {
  carry.memory.copyWithin(0, count, carry.used);
  carry.used -= count;
}

function clear(carry: Carry): void {
  carry.used = 0;
  if (carry.memory.length > largestIdleCarry) carry.memory = noMemory;
}
