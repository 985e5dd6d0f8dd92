import { Socket, type SocketConstructorOpts } from 'node:net';
import { createEmptyWait } from './empty-wait.ts';
import type { ByteWriter, WriterPort } from './own-output.ts';

/** Three large writes may be under way: while the reader takes one, the next is made. */
const highWaterMark = 256 * 1024;

/** Writes to a pipe or socket through epoll: it wakes exactly when there is room. */
export function createStreamWriter(fd: number, port: WriterPort): ByteWriter {
  const socket = new Socket({
    fd,
    readable: false,
    writable: true,
    writableHighWaterMark: highWaterMark,
  } as SocketConstructorOpts);
  const listeners = new Set<() => void>();
  let waiting = 0;
  let lost = 0;
  let ended: Promise<boolean> | undefined;

  const empty = createEmptyWait(port.clock, () => waiting === 0);
  const wake = (): void => listeners.forEach((listener) => listener());
  socket.on('drain', wake);
  socket.on('error', (error) => {
    port.onError(error);
    // Nobody reads any more. Whoever waits for room must go on, or the processes behind it stop for ever.
    wake();
  });
  return {
    get buffered() {
      return waiting;
    },
    get lost() {
      return lost;
    },
    write(chunk) {
      if (ended) return true;
      const size = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
      if (socket.destroyed) {
        lost += size;
        return true;
      }
      waiting += size;
      return socket.write(chunk, (error) => {
        waiting -= size;
        if (error) lost += size;
        empty.check();
      });
    },
    onDrain(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    flush: (limitMs) => empty.wait(limitMs),
    end(limitMs) {
      ended ??= finish(socket, limitMs, port).then(() => lost === 0);
      return ended;
    },
  };
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
