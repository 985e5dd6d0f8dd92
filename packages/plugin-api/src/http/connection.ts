import type { Socket } from 'node:net';
import type { Clock, Timer } from '@pm-supervisor/core';
import type { Origin } from '../listen/doors.ts';

/** One connection, and how long it may be silent. */
export interface Connection {
  readonly origin: Origin;
  readonly socket: Socket;
  /** It must go on within this time, or it is ended; `onExpired` may answer before. Replaces the limit before. */
  limit(ms: number, onExpired?: () => void): void;
  /** It may take as long as it likes: a stream. */
  unlimit(): void;
  /** A request is being answered. */
  busy: boolean;
}

/** From one answer, or the beginning, to the whole head of the next request: also for who sends a byte now and then. */
export const headMs = 25_000;

/** Node's own timers for this need an HTTP server that listens by itself, and would wake up for as long as it does. */
export function createConnection(socket: Socket, origin: Origin, clock: Clock): Connection {
  let timer: Timer | undefined;
  const connection: Connection = {
    origin,
    socket,
    busy: false,
    limit(ms, onExpired) {
      timer?.cancel();
      if (socket.destroyed) return;
      timer = clock.after(ms, () => {
        onExpired?.();
        end(connection);
      });
    },
    unlimit() {
      timer?.cancel();
      timer = undefined;
    },
  };
  socket.once('close', connection.unlimit);
  connection.limit(headMs);
  return connection;
}

/** In the middle of a head it is said why; between two requests nobody waits for an answer. */
function end({ socket, busy }: Connection): void {
  if (!busy && socket.bytesRead > 0 && socket.bytesWritten === 0 && socket.writable) socket.write(timedOut);
  // Not when the last byte is taken: a client that does not read would stay for ever.
  socket.destroy();
}

const timedOut = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
