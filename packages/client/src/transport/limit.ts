import { startTimer } from './runtime.ts';

/** A signal that aborts when another does, or when its time is over. */
export interface Limit {
  readonly signal: AbortSignal;
  /** Starts the time again, with another length where one is given. */
  restart(delayMs: number): void;
  /** Stops the time until `restart`. */
  pause(): void;
  /** Ends the time and forgets the other signal. Idempotent. */
  release(): void;
}

/** `toError` is made only when the time is over; it is the signal's reason then. */
export function createLimit(delayMs: number, outer: AbortSignal | undefined, toError: () => Error): Limit {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer?.reason);
  const arm = (ms: number): (() => void) => startTimer(ms, () => controller.abort(toError()));
  let cancel = arm(delayMs);
  if (outer?.aborted) follow();
  outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    restart(ms) {
      cancel();
      cancel = arm(ms);
    },
    pause: () => cancel(),
    release() {
      cancel();
      outer?.removeEventListener('abort', follow);
    },
  };
}
