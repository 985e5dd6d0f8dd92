import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** A readable that can also lend its bytes, which saves an allocation of 64 KiB for each read. */
export interface ByteReader extends Readable {
  /**
   * From now on hands each read to `listener` instead of emitting `data`. The memory is used again after the call:
   * whoever keeps bytes copies them. So is what lies before them, `headroom` bytes: there the listener may put
   * something. `pause`, `resume`, `end`, `error` and `close` work as ever.
   */
  lend(listener: (bytes: Buffer, headroom: number) => void): void;
}

const readSize = 64 * 1024;
/** For the beginning of a line that came with the read before. */
const headroom = 2048;
/** Reads are handed over before the next one happens, so all readers share it: a thousand quiet pipes cost nothing. */
let shared: Buffer | undefined;

function getShared(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(headroom + readSize).subarray(headroom);
  return shared;
}

/** Reads a pipe (or socket, or anything epoll knows) that this process owns from now on. */
export function openByteReader(fd: number): ByteReader {
  let lendTo: ((bytes: Buffer, headroom: number) => void) | undefined;
  const take = (size: number, memory: Uint8Array): boolean => {
    const bytes = Buffer.from(memory.buffer, memory.byteOffset, size);
    if (lendTo === undefined) return socket.push(Buffer.copyBytesFrom(bytes));
    lendTo(bytes, headroom);
    return true;
  };
  const socket = new Socket({ fd, readable: true, writable: false, onread: { buffer: getShared(), callback: take } });
  return Object.assign(socket, {
    lend(listener: (bytes: Buffer, headroom: number) => void) {
      lendTo = listener;
      // What was read before anybody asked waits in the stream: it would be emitted to nobody.
      for (let early = socket.read() as Buffer | null; early; early = socket.read() as Buffer | null)
        listener(early, 0);
    },
  });
}
