import { readFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';

/** More than any client of one supervisor needs, and less than hurts. */
const mostConnections = 2000;

/** Descriptors that are left to the supervisor, whose services need three each. */
const keptDescriptors = 256;

/** How many connections a door takes, by how many descriptors there are for `doors` of them. Pure. */
export function toCapacity(descriptors: number, doors: number): number {
  const spare = Math.floor(Math.max(0, descriptors - keptDescriptors) / 2 / Math.max(1, doors));
  return Math.min(mostConnections, Math.max(16, spare));
}

/** The limit of open files of this process: Node raises the soft limit to the hard one when it starts. */
export function readDescriptorLimit(): number {
  try {
    const [, soft] = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === 'unlimited' ? Infinity : Number(soft ?? 1024);
  } catch {
    return 1024;
  }
}

/**
 * Takes no more than `most` connections; more are closed at once. Of those with an address, one may have half: else a
 * single client could keep everybody out, and do so before it said who it is.
 */
export function limitConnections(server: Server, most: number): void {
  const counts = new Map<string, number>();
  server.maxConnections = most;
  server.prependListener('connection', (socket: Socket) => {
    const peer = socket.remoteAddress;
    if (peer === undefined) return;
    const count = counts.get(peer) ?? 0;
    if (count >= most / 2) return void socket.destroy();
    counts.set(peer, count + 1);
    socket.once('close', () => {
      const left = (counts.get(peer) ?? 1) - 1;
      if (left > 0) counts.set(peer, left);
      else counts.delete(peer);
    });
  });
}
