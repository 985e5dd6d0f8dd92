import type { Clock } from '../os/clock.ts';
import type { TapOwner } from './owner.ts';
import type { FireLimit, Turn } from './payloads.ts';

/** The reason of the abort when the time of an awaited hook is over. */
export const timeIsOver: unique symbol = Symbol('time limit');

/** One firing of an awaited hook: its time, its end, and what its taps answered. */
export interface Call {
  readonly limitMs: number;
  readonly only: ReadonlySet<TapOwner> | undefined;
  readonly signal: AbortSignal;
  /** By plugin, in the order they settled. */
  readonly answers: { readonly plugin: string; readonly answer: unknown }[];
  /** What a tap gets as its last argument when its turn comes. */
  turn(): Turn;
  /** Settles as `running` does, or rejects with the signal's reason when that comes first. */
  race<T>(running: Promise<T>): Promise<T>;
  /** Takes timer and listener back. */
  end(): void;
}

export interface CallRequest extends FireLimit {
  readonly clock: Clock;
  readonly limitMs: number;
}

/** Starts the time of one firing. `end` must be called when it is over. */
export function startCall({ clock, limitMs, signal: outer, only }: CallRequest): Call {
  const controller = new AbortController();
  const { signal } = controller;
  const deadline = clock.monotonic() + limitMs;
  const timer = clock.after(limitMs, () => controller.abort(timeIsOver));
  const stop = (): void => controller.abort(outer?.reason);
  outer?.addEventListener('abort', stop, { once: true });
  if (outer?.aborted === true) stop();
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);

  return {
    limitMs,
    only,
    signal,
    answers: [],
    turn: () => ({ limitMs: Math.max(0, deadline - clock.monotonic()), signal }),
    race: (running) => Promise.race([running, aborted]),
    end() {
      timer.cancel();
      outer?.removeEventListener('abort', stop);
    },
  };
}
