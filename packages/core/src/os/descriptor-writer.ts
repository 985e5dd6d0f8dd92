import { closeSync, writev, writevSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { createEmptyWait } from './empty-wait.ts';
import type { ByteWriter, WriterPort } from './own-output.ts';

/** Writes some of `chunks` and says how many bytes were taken. Never blocks the event loop; may reject when `signal` aborts. */
export type WriteSome = (fd: number, chunks: readonly Buffer[], clock: Clock, signal: AbortSignal) => Promise<number>;

/** By a thread of libuv's pool: for files, and for whatever might block. */
export const writeAsync: WriteSome = (fd, chunks) =>
  new Promise((resolve, reject) => {
    writev(fd, chunks, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });

/** At once: for `/dev/null` and its like, which never make anybody wait. A thread costs them more than the writing. */
export const writeNow: WriteSome = async (fd, chunks) => writevSync(fd, chunks);

/** How long to leave a full terminal alone (someone pressed Ctrl-S): Node cannot wait for a descriptor of this kind. */
const terminalRetryMs = 20;

/**
 * To a terminal opened with O_NONBLOCK. Not by a thread: one that is stuck in a stopped terminal is waited for at exit,
 * for ever. Not by `tty.WriteStream`: it blocks the loop by design.
 */
export const writeTerminal: WriteSome = async (fd, chunks, clock, signal) => {
  for (;;) {
    try {
      return writevSync(fd, chunks);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    await clock.sleep(terminalRetryMs, signal);
  }
};

/** As in stream-writer: while one large write is under way, the next is made. */
const highWaterMark = 256 * 1024;
/** The kernel takes no more in one call (IOV_MAX). */
const mostChunks = 1024;
/** After these the descriptor is of no use any more; after others (a full disk) it may be again. */
const finalErrors: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'EBADF', 'ENXIO']);

/** A queue in front of a descriptor that no event loop can watch. One write is under way at a time. */
export function createDescriptorWriter(fd: number, writeSome: WriteSome, port: WriterPort): ByteWriter {
  const listeners = new Set<() => void>();
  const abandon = new AbortController();
  let queue: Buffer[] = [];
  let waiting = 0;
  let lost = 0;
  let broken = false;
  let full = false;
  let running: Promise<void> | undefined;
  let ended: Promise<boolean> | undefined;

  const drop = (): void => {
    lost += waiting;
    waiting = 0;
    queue = [];
  };
  const empty = createEmptyWait(port.clock, () => waiting === 0);
  const settle = (): void => {
    empty.check();
    if (!full || waiting > 0) return;
    full = false;
    listeners.forEach((listener) => listener());
  };
  const writeOnce = async (): Promise<void> => {
    try {
      const bytes = await writeSome(fd, queue.slice(0, mostChunks), port.clock, abandon.signal);
      if (abandon.signal.aborted) return;
      queue = skipBytes(queue, bytes);
      waiting -= bytes;
    } catch (error) {
      drop();
      if (abandon.signal.aborted) return;
      broken ||= finalErrors.has((error as NodeJS.ErrnoException).code);
      port.onError(error as NodeJS.ErrnoException);
    }
  };
  const run = async (): Promise<void> => {
    while (queue.length > 0) await writeOnce();
    running = undefined;
    settle();
  };
  return {
    get buffered() {
      return waiting;
    },
    get lost() {
      return lost;
    },
    write(chunk) {
      if (ended) return true;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (broken) lost += bytes.length;
      if (broken || bytes.length === 0) return true;
      queue.push(bytes);
      waiting += bytes.length;
      running ??= run();
      full ||= waiting >= highWaterMark;
      return !full;
    },
    onDrain(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    flush: (limitMs) => empty.wait(limitMs),
    end(limitMs) {
      ended ??= finish(running, limitMs, port.clock).then((finished) => {
        abandon.abort();
        drop();
        // A thread may still hold the descriptor when time ran out: closing it then could hit its successor.
        if (finished) closeQuietly(fd);
        return lost === 0;
      });
      return ended;
    },
  };
}

/** true when `running` came first. */
async function finish(running: Promise<void> | undefined, limitMs: number, clock: Clock): Promise<boolean> {
  if (!running) return true;
  const finished = new AbortController();
  const timeUp = clock.sleep(limitMs, finished.signal).then(
    () => false,
    () => true,
  );
  const first = await Promise.race([running.then(() => true), timeUp]);
  finished.abort();
  return first;
}

function skipBytes(queue: readonly Buffer[], bytes: number): Buffer[] {
  let index = 0;
  let left = bytes;
  for (let chunk = queue[0]; chunk && left >= chunk.length; chunk = queue[++index]) left -= chunk.length;
  const [partial, ...rest] = queue.slice(index);
  return partial ? [partial.subarray(left), ...rest] : [];
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Descriptor 1 was closed before we came: nothing to close.
  }
}
