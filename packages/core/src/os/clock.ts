/** A timer that can be cancelled; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The only source of time and timers in core. The fake in `testing/` passes the same conformance suite. */
export interface Clock {
  /** Milliseconds since some start, never going back. For durations. */
  monotonic(): number;
  /** Wall clock, milliseconds since the epoch. For what people read. */
  now(): number;
  /** Runs `callback` once, at the earliest after `delayMs`. Delays over 2^31-1 ms are kept, not cut to 1 ms. */
  after(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Node cuts longer delays to 1 ms (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const longestTimeout = 2 ** 31 - 1;

/**
 * The real clock: the only place in core that uses `Date` and timers.
 *
 * Its timers keep the event loop alive. While everything is in backoff and no control socket is open, the
 * restart timer is the last handle there is, and without a handle Node ends, and as PID 1 the container with it.
 */
export const systemClock: Clock = {
  monotonic,
  now: () => Date.now(),
  after: startTimer,
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/** `performance.now()` would do the same, and loads a millisecond's worth of other things for it. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** `Clock.sleep` for any clock, on its `after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Runs `callback` once, when the event loop has dealt with all that is ready now. Not time, so not a `Clock`'s. */
export function endOfTurn(callback: () => void): void {
  setImmediate(callback);
}

let still: Int32Array | undefined;

/** Gives the processor away for `ms`, at least: the event loop stands still with us. For fractions of a millisecond. */
export function doze(ms: number): void {
  still ??= new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(still, 0, 0, ms);
}

function startTimer(delayMs: number, callback: () => void): Timer {
  const delay = delayMs > 0 ? delayMs : 0;
  const due = monotonic() + delay;
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const left = due - monotonic();
    // Node's timers count whole milliseconds of a cached loop time and may fire up to one early: then wait again.
    if (left <= 0) return callback();
    handle = setTimeout(arm, Math.min(Math.ceil(left), longestTimeout));
  };
  handle = setTimeout(arm, Math.min(Math.ceil(delay), longestTimeout));
  return { cancel: () => clearTimeout(handle) };
}
