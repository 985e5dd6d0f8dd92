import { readdirSync, readFileSync } from 'node:fs';
import { isDead, type ProcStat, readStat } from './proc-stat.ts';

/** Direct children of a process, of all its threads. Empty when it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOfThread(pid, thread));
  } catch {
    return [];
  }
}

/**
 * Every living descendant of `pid`, without itself, parents before children. What a descendant left behind when it
 * ended is not among them: such orphans belong to the nearest subreaper.
 */
export function descendantsOf(pid: number): number[] {
  const found = new Set<number>();
  const queue = childrenOf(pid);
  for (let child = queue.shift(); child !== undefined; child = queue.shift()) {
    // A pid that is used again while we walk could lead in a circle.
    if (found.has(child) || child === pid) continue;
    found.add(child);
    queue.push(...childrenOf(child));
  }
  return [...found];
}

/** Resident memory of these processes in bytes. Pages that they share count once for each; the gone count nothing. */
export function residentBytes(pids: readonly number[]): number {
  let pages = 0;
  for (const pid of pids) pages += readStat(pid)?.rssPages ?? 0;
  return pages * pageSize();
}

/** All living processes that can be seen here. */
export function readAllStats(): ProcStat[] {
  return readdirSync('/proc')
    .filter((name) => name >= '1' && name < ':')
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined && !isDead(stat)) as ProcStat[];
}

/** Children that one thread of a process has; an adopted orphan belongs to the main thread. */
export function childrenOfThread(pid: number, thread: number | string): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

let knownPageSize: number | undefined;

/** 4 KiB, but 16 or 64 on some arm64 kernels. Node has no sysconf, so it is the ratio of two views of ourselves. */
export function pageSize(): number {
  knownPageSize ??=
    2 ** Math.round(Math.log2(process.memoryUsage.rss() / (readStat('self')?.rssPages ?? Infinity) || 4096));
  return knownPageSize;
}
