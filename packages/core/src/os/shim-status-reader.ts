import { readPipe } from './pipes.ts';
import { noStatus, readStatusLine, type ShimStatus } from './shim-status.ts';

/** The status of one svexec as it comes in. */
export interface ShimStatusReader {
  status(): ShimStatus;
  /** Resolves when `holds` does, or when svexec has closed its end: nothing more will come. */
  until(holds: (status: ShimStatus) => boolean): Promise<ShimStatus>;
}

/** Takes over the descriptor. */
export function readShimStatus(fd: number): ShimStatusReader {
  const socket = readPipe(fd).setEncoding('latin1');
  const waiting = new Set<() => void>();
  let status = noStatus;
  let rest = '';
  let closed = false;

  const notify = (): void => waiting.forEach((check) => check());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    status = lines.reduce(readStatusLine, status);
    notify();
  });
  const onClosed = (): void => {
    closed = true;
    notify();
  };
  // 'end' comes a turn of the loop before 'close', which is all that comes after an error.
  socket
    .on('error', () => {})
    .on('end', onClosed)
    .on('close', onClosed);
  return {
    status: () => status,
    until(holds) {
      return new Promise((resolve) => {
        const check = (): void => {
          if (!closed && !holds(status)) return;
          waiting.delete(check);
          resolve(status);
        };
        waiting.add(check);
        check();
      });
    },
  };
}
