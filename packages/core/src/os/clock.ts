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
