import { closeSync, writev, writevSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { createEmptyWait, type EmptyWait } from './empty-wait.ts';
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
  return new DescriptorWriter(fd, writeSome, port);
}

class DescriptorWriter implements ByteWriter {
  readonly #fd: number;
  readonly #writeSome: WriteSome;
  readonly #port: WriterPort;
  readonly #listeners = new Set<() => void>();
  readonly #abandon = new AbortController();
  readonly #empty: EmptyWait;
  #queue: Buffer[] = [];
  #waiting = 0;
  #lost = 0;
  #broken = false;
  #full = false;
  #running: Promise<void> | undefined;
  #ended: Promise<boolean> | undefined;

  constructor(fd: number, writeSome: WriteSome, port: WriterPort) {
    this.#fd = fd;
    this.#writeSome = writeSome;
    this.#port = port;
    this.#empty = createEmptyWait(port.clock, () => this.#waiting === 0);
  }

  get buffered(): number {
    return this.#waiting;
  }

  get lost(): number {
    return this.#lost;
  }

  write(chunk: Buffer | string): boolean {
    if (this.#ended) return true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (this.#broken) this.#lost += bytes.length;
    if (this.#broken || bytes.length === 0) return true;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    this.#running ??= this.#run();
    this.#full ||= this.#waiting >= highWaterMark;
    return !this.#full;
  }

  onDrain(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  flush(limitMs: number): Promise<boolean> {
    return this.#empty.wait(limitMs);
  }

  end(limitMs: number): Promise<boolean> {
    this.#ended ??= finish(this.#running, limitMs, this.#port.clock).then((finished) => {
      this.#abandon.abort();
      this.#drop();
      // A thread may still hold the descriptor when time ran out: closing it then could hit its successor.
      if (finished) closeQuietly(this.#fd);
      return this.#lost === 0;
    });
    return this.#ended;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) await this.#writeOnce();
    this.#running = undefined;
    this.#empty.check();
    if (!this.#full) return;
    this.#full = false;
    this.#listeners.forEach((listener) => listener());
  }

  async #writeOnce(): Promise<void> {
    const { signal } = this.#abandon;
    try {
      const bytes = await this.#writeSome(this.#fd, this.#queue.slice(0, mostChunks), this.#port.clock, signal);
      if (signal.aborted) return;
      this.#queue = skipBytes(this.#queue, bytes);
      this.#waiting -= bytes;
    } catch (error) {
      this.#drop();
      if (signal.aborted) return;
      this.#broken ||= finalErrors.has((error as NodeJS.ErrnoException).code);
      this.#port.onError(error as NodeJS.ErrnoException);
    }
  }

  #drop(): void {
    this.#lost += this.#waiting;
    this.#waiting = 0;
    this.#queue = [];
  }
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
