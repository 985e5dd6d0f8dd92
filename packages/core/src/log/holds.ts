import type { Clock, Timer } from '../os/clock.ts';
import type { LineSplitter } from './lines.ts';

/** Unfinished lines that are shown after a while. */
export interface Holds {
  /** After each chunk of a stream, which had `size` bytes: its last line may be unfinished. */
  note(splitter: LineSplitter, size: number): void;
  /** The stream has ended. */
  forget(splitter: LineSplitter): void;
  /** Shows them all now. */
  release(): void;
}

/**
 * In `raw` an unfinished line (a prompt, a progress bar) is shown after this long; until then lines of other processes
 * pass it by, so that whole lines stay whole. Text and JSON hold it until it ends: there a line is a record.
 */
const longestHoldMs = 200;

export function createHolds(clock: Clock): Holds {
  const since = new Map<LineSplitter, number>();
  let timer: Timer | undefined;

  const releaseOld = (): void => {
    timer = undefined;
    const limit = clock.monotonic() - longestHoldMs;
    for (const [splitter, start] of since) if (start <= limit) releaseOne(splitter);
    const oldest = Math.min(...since.values());
    if (since.size > 0) arm(oldest - limit);
  };
  const releaseOne = (splitter: LineSplitter): void => {
    since.delete(splitter);
    splitter.release();
  };
  const arm = (delayMs: number): void => {
    timer ??= clock.after(delayMs, releaseOld);
  };
  return {
    note(splitter, size) {
      if (splitter.held === 0) return void since.delete(splitter);
      // Fewer bytes are held than came: a line has ended in between, and another one begun.
      if (!since.has(splitter) || splitter.held < size) since.set(splitter, clock.monotonic());
      arm(longestHoldMs);
    },
    forget(splitter) {
      since.delete(splitter);
      if (since.size > 0) return;
      timer?.cancel();
      timer = undefined;
    },
    release() {
      for (const splitter of since.keys()) releaseOne(splitter);
    },
  };
}
