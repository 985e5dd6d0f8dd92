import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, sleepOn, type Timer } from '../os/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time by `ms`, running what falls due in order of time, then of creation. Between callbacks everything
   * that they set off (promises, ticks, immediates) has run, so a chain of timers inside the span runs whole.
   * Rejects with what a callback throws.
   */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, forwards or back, as an administrator or NTP would. */
  stepWall(ms: number): void;
  /** Timers that are armed. 0 at the end of a test, or something leaks. */
  readonly pending: number;
  /** Milliseconds until the next timer is due; undefined when none is armed. */
  readonly nextInMs: number | undefined;
}

interface Armed {
  readonly due: number;
  readonly callback: () => void;
}

/** Starts at `wallMs` (default: 2026-01-01 00:00 UTC) and monotonic 0. */
export function createFakeClock(wallMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  // A Set keeps the order of creation, which breaks ties.
  const armed = new Set<Armed>();
  let elapsed = 0;
  let wall = wallMs;

  const next = (): Armed | undefined => {
    let first: Armed | undefined;
    for (const timer of armed) if (!first || timer.due < first.due) first = timer;
    return first;
  };
  const moveTo = (time: number): void => {
    wall += time - elapsed;
    elapsed = time;
  };
  const clock: FakeClock = {
    monotonic: () => elapsed,
    now: () => wall,
    after(delayMs, callback): Timer {
      const timer = { due: elapsed + (delayMs > 0 ? delayMs : 0), callback };
      armed.add(timer);
      return { cancel: () => void armed.delete(timer) };
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    async advance(ms) {
      const end = elapsed + ms;
      await turn();
      for (let timer = next(); timer && timer.due <= end; timer = next()) {
        armed.delete(timer);
        moveTo(timer.due);
        timer.callback();
        await turn();
      }
      moveTo(end);
    },
    stepWall(ms) {
      wall += ms;
    },
    get pending() {
      return armed.size;
    },
    get nextInMs() {
      const timer = next();
      return timer && timer.due - elapsed;
    },
  };
  return clock;
}
