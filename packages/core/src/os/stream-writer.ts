import { Socket } from 'node:net';
import { createEmptyWait } from './empty-wait.ts';
import type { ByteWriter, WriterPort } from './own-output.ts';

/** Three large writes may be under way: while the reader takes one, the next is made. */
const highWaterMark = 256 * 1024;

/** Writes at once what a descriptor takes without waiting, and returns how much that was. */
export type WriteNow = (fd: number, bytes: Buffer) => number;

/**
 * Writes to a pipe or socket through epoll: it wakes exactly when there is room. `writeNow`, only for a descriptor that
 * is our own and so never blocks, saves the way through Node's streams as long as there is room; then they are not even
 * loaded before the end.
 */
export function createStreamWriter(fd: number, port: WriterPort, writeNow?: WriteNow): ByteWriter {
  const listeners = new Set<() => void>();
  let waiting = 0;
  let lost = 0;
  let ended: Promise<boolean> | undefined;
  /** There was no room lately. */
  let full = false;

  const takeNow = (bytes: Buffer): number => {
    if (!writeNow || full || waiting > 0 || ended || stream.isBroken()) return 0;
    const taken = writeNow(fd, bytes);
    full = taken < bytes.length;
    return taken;
  };
  const settle = (size: number, error: Error | null | undefined): void => {
    waiting -= size;
    if (waiting === 0) full = false;
    if (error) lost += size;
    empty.check();
  };
  const empty = createEmptyWait(port.clock, () => waiting === 0);
  const wake = (): void => listeners.forEach((listener) => listener());
  const stream = createLazyStream(fd, wake, port);
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
      const rest = bytes.subarray(takeNow(bytes));
      if (rest.length === 0) return true;
      const socket = stream.open();
      if (socket.destroyed) {
        lost += rest.length;
        return true;
      }
      waiting += rest.length;
      return socket.write(rest, (error) => settle(rest.length, error));
    },
    ...(writeNow && { writeNow: takeNow }),
    onDrain(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    flush: (limitMs) => empty.wait(limitMs),
    end(limitMs) {
      ended ??= finish(stream.open(), limitMs, port).then(() => lost === 0);
      return ended;
    },
  };
}

/** Opened when it is needed first. */
function createLazyStream(
  fd: number,
  wake: () => void,
  port: WriterPort,
): { readonly open: () => Socket; readonly isBroken: () => boolean } {
  let opened: Socket | undefined;
  const onError = (error: Error): void => {
    port.onError(error);
    // Nobody reads any more. Whoever waits for room must go on, or the processes behind it stop for ever.
    wake();
  };
  return {
    open: () => (opened ??= openSocket(fd).on('drain', wake).on('error', onError)),
    isBroken: () => opened?.destroyed === true,
  };
}

function openSocket(fd: number): Socket {
  const options = { fd, readable: false, writable: true, writableHighWaterMark: highWaterMark };
  return new Socket(options);
}

/** Resolves when the socket is closed and every write has been answered for. */
function finish(socket: Socket, limitMs: number, port: WriterPort): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    const limit = port.clock.after(limitMs, () => socket.destroy());
    socket.once('close', () => {
      limit.cancel();
      resolve();
    });
    socket.destroySoon();
  });
}
