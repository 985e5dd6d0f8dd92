/** How many of something may come at once, and how many a second over time. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Says whether one more may pass now (milliseconds of a clock that never goes back). */
export type RateGate = (now: number) => boolean;

/** A token bucket: full at first, refilled evenly. */
export function createRateGate({ burst, perSecond }: Rate): RateGate {
  let tokens = burst;
  let filledAt: number | undefined;
  return (now) => {
    tokens = Math.min(burst, tokens + ((now - (filledAt ?? now)) * perSecond) / 1000);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
