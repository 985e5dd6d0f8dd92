import { constants } from 'node:os';
import type { Clock } from './clock.ts';
import { sendSignal } from './launch.ts';
import { isDead, type ProcStat, readStat } from './proc-stat.ts';
import { descendantsOf, readAllStats } from './proc-tree.ts';

const pollMs = 10;
/** What SIGKILL does not end in this time is stuck in the kernel: nobody can do more. */
const stuckAfterMs = 2_000;

/**
 * The very last step of a stop: ends every process that still descends from us, and as PID 1 every process of the
 * container (also what `docker exec` put there). SIGTERM, SIGKILL after `graceMs`. Resolves with those that had to be
 * ended; normally none, as every service ends with all it started.
 */
export async function endEverything(clock: Clock, graceMs: number): Promise<readonly ProcStat[]> {
  const found = new Map<number, ProcStat>();
  const signalAll = (signal: number): number => {
    const left = listLeft();
    for (const stat of left) {
      if (!found.has(stat.pid) || signal === constants.signals.SIGKILL) sendSignal(stat.pid, signal);
      found.set(stat.pid, stat);
    }
    return left.length;
  };
  for (const [signal, limitMs] of [
    [constants.signals.SIGTERM, graceMs],
    [constants.signals.SIGKILL, stuckAfterMs],
  ] as const) {
    const end = clock.monotonic() + limitMs;
    while (signalAll(signal) > 0 && clock.monotonic() < end) await clock.sleep(pollMs);
  }
  return [...found.values()];
}

function listLeft(): ProcStat[] {
  if (process.pid === 1) return readAllStats().filter((stat) => stat.pid !== 1);
  return descendantsOf(process.pid)
    .map((pid) => readStat(pid))
    .filter((stat) => stat !== undefined && !isDead(stat)) as ProcStat[];
}
