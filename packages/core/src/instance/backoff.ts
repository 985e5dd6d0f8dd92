import type { Backoff } from '../plan/spec.ts';

/**
 * Delay before the next start: `initial · factor^failuresBefore`, at most `max`, give or take `jitter`.
 *
 * @param failuresBefore consecutive failures before the one just seen: 0 gives the first delay.
 * @param random a number from 0 up to 1.
 */
export function toBackoffDelay(backoff: Backoff, failuresBefore: number, random: number): number {
  const exact = Math.min(backoff.initialMs * backoff.factor ** failuresBefore, backoff.maxMs);
  const spread = exact * backoff.jitter * (random * 2 - 1);
  return Math.max(0, Math.round(exact + spread));
}
