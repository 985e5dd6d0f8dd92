import type { Clock, Timer } from '../os/clock.ts';
import type { LineSplitter } from './lines.ts';

/** Unfinished lines that are shown after a while. */
export interface Holds {
  /** After each chunk of a stream, which had `size` bytes: its last line may be unfinished. */
  note(splitter: LineSplitter, size: number): void;
  /** The stream has ended. */
  forget(splitter: LineSplitter): void;
  /** Nobody was read for a while: what ends these lines may be there already, and its turn come late. */
  startAnew(): void;
  /** Shows them all now. */
  release(): void;
}

/**
 * In `raw` an unfinished line (a prompt, a progress bar) is shown after this long; until then lines of other processes
 * pass it by, so that whole lines stay whole. Text and JSON hold it until it ends: there a line is a record.
 */
const longestHoldMs = 200;

export interface HoldPorts {
  readonly clock: Clock;
  /** Calls back once when all input that is ready now has been read. */
  readonly endOfTurn: (callback: () => void) => void;
  /** true: nobody is read, because the output is full. */
  readonly isPaused: () => boolean;
}

export function createHolds({ clock, endOfTurn, isPaused }: HoldPorts): Holds {
  const since = new Map<LineSplitter, number>();
  let timer: Timer | undefined;

  const releaseOld = (): void => {
    timer = undefined;
    if (since.size === 0) return;
    if (isPaused()) startAnew();
    const limit = clock.monotonic() - longestHoldMs;
    for (const [splitter, start] of since) if (start <= limit) releaseOne(splitter);
    if (since.size > 0) arm(Math.min(...since.values()) - limit);
  };
  /** The rest of a line may be waiting where we did not read: that is our slowness, not the program's. */
  const startAnew = (): void => {
    for (const splitter of since.keys()) since.set(splitter, clock.monotonic());
  };
  const releaseOne = (splitter: LineSplitter): void => {
    since.delete(splitter);
    splitter.release();
  };
  const arm = (delayMs: number): void => {
    // What came while nobody was read is read first.
    timer ??= clock.after(delayMs, () => endOfTurn(releaseOld));
  };
  return {
    note(splitter, size) {
      if (splitter.held() === 0) return void since.delete(splitter);
      // Fewer bytes are held than came: a line has ended in between, and another one begun.
      if (!since.has(splitter) || splitter.held() < size) since.set(splitter, clock.monotonic());
      arm(longestHoldMs);
    },
    forget(splitter) {
      since.delete(splitter);
      if (since.size > 0) return;
      timer?.cancel();
      timer = undefined;
    },
    startAnew,
    release() {
      for (const splitter of since.keys()) releaseOne(splitter);
    },
  };
}
