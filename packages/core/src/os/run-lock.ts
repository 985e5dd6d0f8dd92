import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PmError } from '../errors.ts';
import { readStat } from './proc-stat.ts';
import { errnoOf } from './spawn-failure.ts';

/** Who holds the lock. The start time tells it from another process that got the same pid later. */
interface Holder {
  readonly pid: number;
  readonly startTicks: number;
}

/**
 * Makes this process the only supervisor that uses `folder`, and returns the way to give it back.
 *
 * The lock is a file that names its holder; what a killed supervisor left behind is recognised by its pid and start
 * time (proc_pid_stat(5)) and taken over. Throws PmError `PM_ALREADY_RUNNING`, naming the pid of the holder.
 */
export function takeRunLock(folder: string, pid: number): () => void {
  const path = join(folder, 'pm.lock');
  const own = toHolder(pid);
  const draft = `${path}.${pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    // A link appears whole or not at all: nobody ever reads half a lock.
    while (!tryLink(draft, path)) dropStale(path);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => release(path, own);
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function dropStale(path: string): void {
  const holder = readHolder(path);
  if (holder !== undefined && readStat(holder.pid)?.startTicks === holder.startTicks) {
    throw new PmError('PM_ALREADY_RUNNING', `another pm runs here already: pid ${holder.pid} (${path})`, {
      hint: 'Stop it first, or give this one a folder of its own with PM_RUNTIME_DIR.',
    });
  }
  rmSync(path, { force: true });
}

/** undefined: gone again, or not written by us. */
function readHolder(path: string): Holder | undefined {
  try {
    const { pid, startTicks } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof startTicks === 'number' ? { pid, startTicks } : undefined;
  } catch {
    return undefined;
  }
}

function release(path: string, own: Holder): void {
  const holder = readHolder(path);
  if (holder?.pid !== own.pid || holder.startTicks !== own.startTicks) return;
  try {
    unlinkSync(path);
  } catch {
    // The folder may have become read-only; the start time makes what stays harmless.
  }
}

function toHolder(pid: number): Holder {
  return { pid, startTicks: readStat(pid)?.startTicks ?? 0 };
}
