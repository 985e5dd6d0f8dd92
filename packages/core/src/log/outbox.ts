import type { Clock } from '../os/clock.ts';
import { createEmptyWait } from '../os/empty-wait.ts';
import type { Rush } from './rush.ts';
import type { Piece } from './sinks/format.ts';

/** Where everything goes in the end: `openOutput()` of os/, or a fake. */
export interface LogOutput {
  readonly isTerminal: boolean;
  /** Bytes accepted and not yet written. They belong to the output until this is 0. */
  readonly buffered: number;
  /** Always accepts. false: enough is waiting, write again after `onDrain`. */
  write(bytes: Buffer): boolean;
  /** Writes the beginning of `bytes` if that is possible at once, and returns how much. The memory stays the caller's. */
  writeNow?(bytes: Buffer): number;
  onDrain(callback: () => void): () => void;
  /** Waits until nothing is buffered; false at the limit. */
  flush(limitMs: number): Promise<boolean>;
}

export interface OutboxPorts {
  readonly output: LogOutput;
  readonly clock: Clock;
  readonly rush: Rush;
  /** The output takes no more for now. */
  readonly onBlocked: () => void;
  /** It took some; more may still be waiting. */
  readonly onMoved: () => void;
  /** Everything that waited was taken. */
  readonly onOpened: () => void;
}

/** Collects small pieces into large writes, and waits when the output is full. The one gate of back-pressure. */
export interface Outbox {
  readonly blocked: boolean;
  /** Bytes that are not written yet. */
  readonly waiting: number;
  put(piece: Piece): void;
  flush(limitMs: number): Promise<boolean>;
}

const pageSize = 128 * 1024;
/** Pages kept although nothing waits: what a busy output has under way at once. */
const mostSpare = 3;
/** One system call for that much is cheap enough; waiting for more would only cost time. */
const sendAt = 32 * 1024;

export function createOutbox(ports: OutboxPorts): Outbox {
  const { output, clock } = ports;
  const backlog = createBacklog(ports, () => send());
  const pages = createPages(() => backlog.queued + output.buffered);
  let page: Buffer | undefined;
  let used = 0;
  let scheduled = false;

  const send = (): void => {
    if (page === undefined || used === 0) return;
    const bytes = page.subarray(0, used);
    pages.lend(page, used);
    page = undefined;
    used = 0;
    backlog.hand(bytes);
  };
  const sendAtTurn = (): void => {
    scheduled = false;
    if (!backlog.blocked) send();
  };
  const sendSoon = (): void => {
    // While it is blocked, pieces go on collecting: a page handed over nearly empty would be memory for nothing.
    if (backlog.blocked) return;
    if (used >= sendAt) return send();
    if (!scheduled) ports.rush.whenCalm(sendAtTurn);
    scheduled = true;
  };
  /** A large piece that can leave at once need not be copied. Returns what is left of it. */
  const passOn = (piece: Piece): Piece => {
    if (typeof piece === 'string' || piece.length < sendAt || backlog.blocked) return piece;
    send();
    return piece.subarray(output.writeNow?.(piece) ?? 0);
  };
  return {
    get blocked() {
      return backlog.blocked;
    },
    get waiting() {
      return used + backlog.queued + output.buffered;
    },
    put(whole) {
      ports.rush.note(whole.length);
      const piece = passOn(whole);
      if (piece.length === 0) return;
      if (used + piece.length > pageSize) send();
      if (piece.length > pageSize) return backlog.hand(toOwnBytes(piece));
      page ??= pages.take();
      used += typeof piece === 'string' ? page.write(piece, used, 'latin1') : piece.copy(page, used);
      sendSoon();
    },
    async flush(limitMs) {
      const end = clock.monotonic() + limitMs;
      if (!backlog.blocked) send();
      const handed = await backlog.whenOpen(limitMs);
      return handed && (await output.flush(Math.max(0, end - clock.monotonic())));
    },
  };
}

/** What the output has not taken yet, in order. */
interface Backlog {
  readonly blocked: boolean;
  /** Bytes in the queue in front of the output. */
  readonly queued: number;
  hand(bytes: Buffer): void;
  /** false: at the limit it was still blocked. */
  whenOpen(limitMs: number): Promise<boolean>;
}

/** `send` hands on what was collected behind the queue. */
function createBacklog(ports: OutboxPorts, send: () => void): Backlog {
  const open = createEmptyWait(ports.clock, () => !blocked);
  let queue: Buffer[] = [];
  let queued = 0;
  let blocked = false;

  const hand = (bytes: Buffer): void => {
    if (blocked) {
      queue.push(bytes);
      queued += bytes.length;
    } else if (!ports.output.write(bytes)) {
      blocked = true;
      ports.onBlocked();
    }
  };
  ports.output.onDrain(() => {
    const waited = queue;
    blocked = false;
    queue = [];
    queued = 0;
    waited.forEach(hand);
    if (!blocked) send();
    ports.onMoved();
    open.check();
    if (!blocked) ports.onOpened();
  });
  return {
    get blocked() {
      return blocked;
    },
    get queued() {
      return queued;
    },
    hand,
    whenOpen: (limitMs) => open.wait(limitMs),
  };
}

function toOwnBytes(piece: Piece): Buffer {
  return typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece);
}

interface Pages {
  take(): Buffer;
  /** To the output, which writes `size` bytes of it, and writes in order. */
  lend(page: Buffer, size: number): void;
}

/**
 * Memory for output, used again once the output has written it: fresh memory of this size costs more page faults than
 * the bytes cost to copy, and the collector would only find it late.
 */
function createPages(outstanding: () => number): Pages {
  let lent: { readonly page: Buffer; readonly size: number }[] = [];

  /** How many pages, the last ones, may not be written yet. */
  const countBusy = (): number => {
    let bytes = outstanding();
    let busy = 0;
    while (bytes > 0 && busy < lent.length) bytes -= lent[lent.length - ++busy]?.size ?? 0;
    return busy;
  };
  return {
    take() {
      const free = lent.length - countBusy();
      const page = lent[0]?.page;
      if (free === 0 || page === undefined) return Buffer.allocUnsafeSlow(pageSize);
      // One is used now; of the others that are free, those that lately were too many are given up.
      lent = lent.slice(Math.max(1, free - mostSpare));
      return page;
    },
    lend: (page, size) => void lent.push({ page, size }),
  };
}
