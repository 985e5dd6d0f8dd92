import { writeSync } from 'node:fs';

/** A place for text: standard output, standard error, or a test's buffer. */
export interface Writer {
  readonly isTerminal: boolean;
  /** The descriptor it writes to; absent where it is none. */
  readonly fd?: number;
  write(text: string): void;
}

/** How long a full pipe is waited for before the rest is given up: an answer must not hang PID 1. */
const defaultPatienceMs = 2_000;
const pauseMs = 5;

/**
 * Writes to a descriptor without `process.stdout`: touching that would switch a pipe shared with the
 * services to non-blocking, and lose what is unwritten when the process ends. A closed pipe is silence.
 */
export function createWriter(fd: number, isTerminal: () => boolean, patienceMs: number = defaultPatienceMs): Writer {
  let closed = false;
  return {
    fd,
    get isTerminal() {
      return isTerminal();
    },
    write(text) {
      if (!closed) closed = !writeWhole(fd, Buffer.from(text), patienceMs);
    },
  };
}

function writeWhole(fd: number, bytes: Buffer, patienceMs: number): boolean {
  let waitedMs = 0;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const full = (error as NodeJS.ErrnoException).code === 'EAGAIN' && waitedMs < patienceMs;
      if (!full) return false;
      waitedMs += pauseMs;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
  return true;
}
