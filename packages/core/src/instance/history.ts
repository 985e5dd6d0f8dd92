import type { Clock } from '../os/clock.ts';
import type { ChildEnd } from '../os/spawner.ts';
import { toExitText } from './exit.ts';
import type { Verdict } from './restart-policy.ts';
import type { LastExit } from './view.ts';

/** What happened to a slot, over all its attempts. */
export interface History {
  /** How often it was spawned. */
  readonly spawns: number;
  /** Spawns after the first. */
  readonly restarts: number;
  /** Consecutive failures, as the restart policy counts them. */
  readonly failures: number;
  readonly lastEnd: ChildEnd | undefined;
  readonly lastExit: LastExit | undefined;
  recordSpawn(): void;
  /** `memoryLimit`: of the container in bytes, where a kill may have come from there. */
  recordExit(end: ChildEnd, memoryLimit: number | undefined): LastExit;
  recordVerdict(verdict: Verdict): void;
  /** A start by hand: earlier failures no longer count. */
  forgive(): void;
}

export function createHistory(clock: Clock): History {
  const history = {
    spawns: 0,
    restarts: 0,
    failures: 0,
    lastEnd: undefined as ChildEnd | undefined,
    lastExit: undefined as LastExit | undefined,
    recordSpawn() {
      history.restarts = history.spawns;
      history.spawns += 1;
    },
    recordExit(end: ChildEnd, memoryLimit: number | undefined) {
      const exit: LastExit = Object.freeze({
        code: end.code,
        signal: end.signal,
        at: clock.now(),
        text: toExitText(end, memoryLimit),
      });
      history.lastEnd = end;
      history.lastExit = exit;
      return exit;
    },
    recordVerdict(verdict: Verdict) {
      history.failures = verdict.failures;
    },
    forgive() {
      history.failures = 0;
    },
  };
  return history;
}
