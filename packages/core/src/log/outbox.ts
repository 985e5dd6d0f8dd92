import type { Clock } from '../os/clock.ts';
import type { Piece } from './sinks/format.ts';

/** Where everything goes in the end: `openOutput()` of os/, or a fake. */
export interface LogOutput {
  readonly isTerminal: boolean;
  /** Bytes accepted and not yet written. They belong to the output until this is 0. */
  readonly buffered: number;
  /** Always accepts. false: enough is waiting, write again after `onDrain`. */
  write(bytes: Buffer): boolean;
  onDrain(callback: () => void): () => void;
  /** Waits until nothing is buffered; false at the limit. */
  flush(limitMs: number): Promise<boolean>;
}

export interface OutboxPorts {
  readonly output: LogOutput;
  readonly clock: Clock;
  /** Calls back once when all input that is ready now has been read. */
  readonly endOfTurn: (callback: () => void) => void;
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
/** One system call for that much is cheap enough; waiting for more would only cost time. */
const sendAt = 32 * 1024;

export function createOutbox(ports: OutboxPorts): Outbox {
  const { output, clock } = ports;
  const pages = createPages(() => output.buffered === 0 && queue.length === 0);
  const waiters = new Set<() => void>();
  let page: Buffer | undefined;
  let used = 0;
  let queue: Buffer[] = [];
  let queued = 0;
  let blocked = false;
  let scheduled = false;

  const hand = (bytes: Buffer): void => {
    if (blocked) {
      queue.push(bytes);
      queued += bytes.length;
    } else if (!output.write(bytes)) {
      blocked = true;
      ports.onBlocked();
    }
  };
  const send = (): void => {
    if (page === undefined || used === 0) return;
    const bytes = page.subarray(0, used);
    pages.lend(page);
    page = undefined;
    used = 0;
    hand(bytes);
  };
  // While it is blocked small pieces go on collecting: a page handed over nearly empty would be memory for nothing.
  const sendAtTurn = (): void => {
    scheduled = false;
    if (!blocked) send();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    ports.endOfTurn(sendAtTurn);
  };
  const drain = (): void => {
    blocked = false;
    const taken = queue;
    queue = [];
    queued = 0;
    taken.forEach(hand);
    if (!blocked) send();
    ports.onMoved();
    for (const wake of waiters) wake();
    if (!blocked) ports.onOpened();
  };
  output.onDrain(drain);

  const put = (piece: Piece): void => {
    if (used + piece.length > pageSize) send();
    if (piece.length > pageSize) return hand(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece));
    page ??= pages.take();
    used += typeof piece === 'string' ? page.write(piece, used, 'latin1') : piece.copy(page, used);
    if (used >= sendAt && !blocked) send();
    else if (!blocked) schedule();
  };
  return {
    get blocked() {
      return blocked;
    },
    get waiting() {
      return used + queued + output.buffered;
    },
    put,
    async flush(limitMs) {
      const end = clock.monotonic() + limitMs;
      if (!blocked) send();
      while (blocked) if (!(await waitFor(waiters, end - clock.monotonic(), clock))) return false;
      return output.flush(Math.max(0, end - clock.monotonic()));
    },
  };
}

/** false at the limit. */
function waitFor(waiters: Set<() => void>, limitMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (inTime: boolean): void => {
      limit.cancel();
      waiters.delete(wake);
      resolve(inTime);
    };
    const wake = (): void => finish(true);
    const limit = clock.after(limitMs, () => finish(false));
    waiters.add(wake);
  });
}

/**
 * Memory for output, used again once the output has written it: fresh memory of this size costs more page faults than
 * the bytes cost to copy.
 */
function createPages(isAllWritten: () => boolean) {
  let spare: Buffer | undefined;
  let lent: Buffer | undefined;
  return {
    take(): Buffer {
      if (lent && isAllWritten()) {
        spare = lent;
        lent = undefined;
      }
      const page = spare ?? Buffer.allocUnsafeSlow(pageSize);
      spare = undefined;
      return page;
    },
    lend(page: Buffer): void {
      lent = page;
    },
  };
}
