import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cgroup to start a child in, and the one of the same hierarchy where we live. */
export interface CgroupVisit {
  readonly folder: string;
  readonly home: string;
}

/**
 * Runs `start` while we are in these cgroups, then goes home: a child is where its parent was at the fork. Put there
 * after its start it would have had time to fork children that stay outside. Synchronous, as nothing else of us shall
 * be there. Throws when we cannot enter; then we are home.
 */
export function visitCgroups<T>(visits: readonly CgroupVisit[], start: () => T): T {
  const [visit, ...others] = visits;
  if (!visit) return start();
  const leave = enter(visit);
  try {
    return visitCgroups(others, start);
  } finally {
    leave();
  }
}

function enter({ folder, home }: CgroupVisit): () => void {
  // cgroup v1 takes single threads: enough for a fork, and only one counts against pids.max.
  const list = existsSync(join(folder, 'tasks')) ? 'tasks' : 'cgroup.procs';
  const restore = list === 'tasks' ? (): void => {} : suspendPidsLimit(folder);
  const leave = (): void => {
    writeFileSync(join(home, list), String(process.pid));
    restore();
  };
  try {
    writeFileSync(join(folder, list), String(process.pid));
  } catch (error) {
    restore();
    throw error;
  }
  return leave;
}

/** All our threads come along under v2, and would be more than a service may have: the fork would be refused. */
function suspendPidsLimit(folder: string): () => void {
  const file = join(folder, 'pids.max');
  if (!existsSync(file)) return () => {};
  const limit = readFileSync(file, 'latin1');
  writeFileSync(file, 'max');
  return () => writeFileSync(file, limit);
}
