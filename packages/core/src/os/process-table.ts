import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import type { ProcStat } from './proc-stat.ts';
import { readAllStats } from './proc-tree.ts';

/** Variable that marks everything a child starts, for where no subreaper holds it together. */
export const markerVariable = 'PM_CHILD';

/** One look at all living processes. */
export interface ProcessTable {
  readonly processes: readonly ProcStat[];
  /** The marker in a process's environment; undefined when it has none or may not be read. */
  markerOf(stat: ProcStat): string | undefined;
}

/** Looks at all processes. Looks asked for at nearly the same time are one: many services may end at once. */
export interface ProcessTableReader {
  read(): Promise<ProcessTable>;
}

export function createProcessTableReader(clock: Clock): ProcessTableReader {
  let known = new Map<string, string | undefined>();
  let pending: Promise<ProcessTable> | undefined;

  const look = (): ProcessTable => {
    const processes = readAllStats();
    const before = known;
    // Environments are read once per process; those that are gone are forgotten.
    known = new Map();
    for (const stat of processes)
      if (before.has(identityOf(stat))) known.set(identityOf(stat), before.get(identityOf(stat)));
    const cache = known;
    const markerOf = (stat: ProcStat): string | undefined => {
      const identity = identityOf(stat);
      if (!cache.has(identity)) cache.set(identity, readMarker(stat.pid));
      return cache.get(identity);
    };
    return { processes, markerOf };
  };
  return {
    read() {
      pending ??= clock.sleep(0).then(() => {
        pending = undefined;
        return look();
      });
      return pending;
    },
  };
}

/** Names a process for good: a pid may be used again, a pid with its start time is not. */
export function identityOf(stat: ProcStat): string {
  return `${stat.pid}@${stat.startTicks}`;
}

function readMarker(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return variables.find((variable) => variable.startsWith(`${markerVariable}=`))?.slice(markerVariable.length + 1);
  } catch {
    return undefined;
  }
}
