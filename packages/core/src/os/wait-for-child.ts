import type { Sys } from '@pm-supervisor/native';
import { toSignalName } from './signal-numbers.ts';
import type { ChildEnd } from './spawner.ts';

/** How a process of ours ended. Neither: somebody else has waited for it, or a real-time signal ended it. */
export type ExitStatus = Pick<ChildEnd, 'code' | 'signal'>;

/** waitid(2), numbers of the Linux headers. */
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const CLD_EXITED = 1;

const waiting = new Map<number, () => void>();

/**
 * Waits for a child that libuv does not know (`sys.spawn`). To be called when it is known to be ending, as it asks for
 * it at every SIGCHLD: a thousand that only run would make each end cost a thousand questions.
 */
export function waitForChild(sys: Pick<Sys, 'waitid'>, pid: number): Promise<ExitStatus> {
  return new Promise((resolve) => {
    const check = (): void => {
      const status = tryToWait(sys, pid);
      if (status === undefined) return;
      waiting.delete(pid);
      if (waiting.size === 0) process.off('SIGCHLD', checkAll);
      resolve(status);
    };
    // Listening first: an end between a look and a listener would be told to nobody.
    if (waiting.size === 0) process.on('SIGCHLD', checkAll);
    waiting.set(pid, check);
    check();
  });
}

function checkAll(): void {
  for (const check of waiting.values()) check();
}

function tryToWait(sys: Pick<Sys, 'waitid'>, pid: number): ExitStatus | undefined {
  try {
    const end = sys.waitid(P_PID, pid, WEXITED | WNOHANG);
    if (end === null) return undefined;
    const { code, status } = end;
    return code === CLD_EXITED ? { code: status, signal: null } : { code: null, signal: toSignalName(status) ?? null };
  } catch {
    return { code: null, signal: null };
  }
}
