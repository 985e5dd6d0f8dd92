import type { LogOutput } from '../log/outbox.ts';

/** An output that keeps what is written, and whose reader the test plays. */
export interface FakeOutput extends LogOutput {
  /** All that was written, as text. */
  readonly text: string;
  readonly bytes: Buffer;
  readonly lines: readonly string[];
  /** The reader stops: at most one more write is taken. */
  block(): void;
  /** It reads everything that waits, and goes on reading. */
  unblock(): void;
  /** It takes what waits, and stops again. */
  readOnce(): void;
}

export interface FakeOutputOptions {
  readonly isTerminal?: boolean;
  /** Bytes that `writeNow` takes at most. Default: all. */
  readonly atOnce?: number;
}

export function createFakeOutput({ isTerminal = false, atOnce = Infinity }: FakeOutputOptions = {}): FakeOutput {
  const written: Buffer[] = [];
  /** Not copied before it is written: who uses this memory too early is found out. */
  const waiting: Buffer[] = [];
  const drains = new Set<() => void>();
  const empties = new Set<() => void>();
  let buffered = 0;
  let blocked = false;

  const drain = (): void => {
    written.push(...waiting.splice(0).map((bytes) => Buffer.from(bytes)));
    buffered = 0;
    for (const wake of [...empties, ...drains]) wake();
    empties.clear();
  };
  return {
    isTerminal,
    get buffered() {
      return buffered;
    },
    get bytes() {
      return Buffer.concat([...written, ...waiting]);
    },
    get text() {
      return this.bytes.toString();
    },
    get lines() {
      return this.text.split('\n').slice(0, -1);
    },
    write(bytes) {
      if (!blocked) {
        written.push(Buffer.from(bytes));
        return true;
      }
      waiting.push(bytes);
      buffered += bytes.length;
      return false;
    },
    writeNow(bytes) {
      if (blocked) return 0;
      const taken = Math.min(bytes.length, atOnce);
      written.push(Buffer.from(bytes.subarray(0, taken)));
      return taken;
    },
    onDrain(callback) {
      drains.add(callback);
      return () => void drains.delete(callback);
    },
    flush() {
      if (buffered === 0) return Promise.resolve(true);
      return new Promise((resolve) => void empties.add(() => resolve(true)));
    },
    block() {
      blocked = true;
    },
    unblock() {
      blocked = false;
      drain();
    },
    readOnce: drain,
  };
}
