import { readFileSync } from 'node:fs';
import type { LimitName, ResourceLimit } from '../plan/spec.ts';

/**
 * The kernel's number of each limit, getrlimit(2). The order of Linux on all CPUs that pm is built for
 * (alpha, mips and sparc differ).
 */
export const limitNumbers: Readonly<Record<LimitName, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** As `/proc/PID/limits` calls them. */
const titles: Readonly<Record<LimitName, string>> = {
  cpu: 'Max cpu time',
  fsize: 'Max file size',
  data: 'Max data size',
  stack: 'Max stack size',
  core: 'Max core file size',
  rss: 'Max resident set',
  nproc: 'Max processes',
  nofile: 'Max open files',
  memlock: 'Max locked memory',
  as: 'Max address space',
  locks: 'Max file locks',
  sigpending: 'Max pending signals',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
};

export type LimitSet = Readonly<Partial<Record<LimitName, ResourceLimit>>>;

/** Limits of a process; those of the supervisor are what its children start from. Empty without a usable /proc. */
export function readLimits(pid: number | 'self' = 'self'): LimitSet {
  try {
    return parseLimits(readFileSync(`/proc/${pid}/limits`, 'latin1'));
  } catch {
    return {};
  }
}

/** Pure part of `readLimits`. */
export function parseLimits(text: string): LimitSet {
  const found: Partial<Record<LimitName, ResourceLimit>> = {};
  for (const [name, title] of Object.entries(titles) as [LimitName, string][]) {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${title} `));
    const [soft, hard] = line?.slice(title.length).trim().split(/\s+/) ?? [];
    if (soft && hard) found[name] = { soft: toNumber(soft), hard: toNumber(hard) };
  }
  return found;
}

/** The wanted limits that need CAP_SYS_RESOURCE because they lift a hard limit over what we have ourselves. */
export function liftedLimits(wanted: LimitSet, current: LimitSet): LimitName[] {
  return (Object.entries(wanted) as [LimitName, ResourceLimit][])
    .filter(([name, limit]) => limit.hard > (current[name]?.hard ?? Infinity))
    .map(([name]) => name);
}

function toNumber(word: string): number {
  return word === 'unlimited' ? Infinity : Number(word);
}
