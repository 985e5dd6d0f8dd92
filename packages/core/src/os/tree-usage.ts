import { readdirSync } from 'node:fs';
import { readStat } from './proc-stat.ts';
import { pageSize } from './proc-tree.ts';

/** What the processes of a tree use together, at one moment. */
export interface TreeUsage {
  /** Seconds of CPU that those alive now have used since each began. It falls when one of them ends. */
  readonly cpuSeconds: number;
  /** Resident memory in bytes; pages that they share count once for each. */
  readonly rssBytes: number;
  readonly threads: number;
  /** Open file descriptors; undefined where none of the folders may be read (another user, without CAP_SYS_PTRACE). */
  readonly fds?: number;
}

/** USER_HZ: the unit of times in /proc, 100 on every architecture that Node runs on (proc_pid_stat(5)). */
const ticksPerSecond = 100;

/** Looks at these processes; undefined when none of them is left. About 30 µs for each. */
export function readTreeUsage(pids: readonly number[]): TreeUsage | undefined {
  const stats = pids.map(readStat).filter((stat) => stat !== undefined);
  if (stats.length === 0) return undefined;
  const fds = stats.map(({ pid }) => countDescriptors(pid)).filter((count) => count !== undefined);
  return {
    cpuSeconds: sum(stats.map(({ cpuTicks }) => cpuTicks)) / ticksPerSecond,
    rssBytes: sum(stats.map(({ rssPages }) => rssPages)) * pageSize(),
    threads: sum(stats.map(({ threads }) => threads)),
    ...(fds.length === 0 ? {} : { fds: sum(fds) }),
  };
}

function countDescriptors(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
