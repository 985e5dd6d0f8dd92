import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ChildCgroup } from './child-cgroup.ts';
import type { ProcessTableReader } from './process-table.ts';
import type { ChildStdio } from './child-stdio.ts';
import type { Clock } from './clock.ts';
import type { Privileges } from './privileges.ts';
import type { ChildEnd, SpawnRequest } from './spawner.ts';

/** Everything that is ready before a child is started, the same for both ways of starting it. */
export interface Launch {
  readonly request: SpawnRequest;
  /** Absolute path of the program. */
  readonly file: string;
  /** Absolute. */
  readonly cwd: string;
  readonly stdio: ChildStdio;
  readonly cgroup: ChildCgroup | undefined;
  readonly own: Privileges;
  readonly clock: Clock;
  /** For finding what a child left behind. */
  readonly table: ProcessTableReader;
  /** Between SIGTERM and SIGKILL for what the main process leaves behind. */
  readonly graceMs: number;
  readonly warn: (text: string) => void;
}

/** `child_process.spawn` that rejects with the system's error (there is no `exit` event then) when there is no process. */
export async function startProcess(start: () => ChildProcess): Promise<ChildProcess> {
  const child = start();
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw error;
  }
  // A signal that cannot be delivered is reported by its sender, never as an uncaught 'error'.
  child.on('error', () => {});
  return child;
}

/** Sends a signal to a direct child of ours. Its pid cannot be used again before we have waited for it. */
export function signalChild(child: ChildProcess, signal: number): boolean {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return false;
  return sendSignal(child.pid, signal);
}

/** kill(2). false: there is no such process (or group), or it may not be signalled. */
export function sendSignal(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** What the cgroup of an ended child has to say. It is removed on the side: a restart gets a new one and need not wait. */
export function closeCgroup({ cgroup }: Launch): Pick<ChildEnd, 'oomKilled'> {
  const oomKilled = cgroup?.oomKilled() ?? false;
  void cgroup?.remove();
  return oomKilled ? { oomKilled } : {};
}
