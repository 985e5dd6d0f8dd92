import { constants } from 'node:os';
import type { Sys, WaitResult } from '@pm-supervisor/native';
import type { Clock, Timer } from './clock.ts';
import { readStat } from './proc-stat.ts';
import { childrenOfThread } from './proc-tree.ts';

/** An orphan that ended and that only we could wait for. */
export interface ReapedOrphan {
  readonly pid: number;
  readonly command: string;
  readonly code: number | null;
  readonly signal: number | null;
}

export interface ReaperOptions {
  readonly sys: Pick<Sys, 'waitid' | 'tgkill' | 'prctl'> | undefined;
  readonly clock: Clock;
  readonly onReaped?: (orphan: ReapedOrphan) => void;
  /** Told once when orphans will stay zombies: PID 1 without the native helper. */
  readonly onWarning?: (text: string) => void;
  /** How long a zombie must have been seen before it is taken; `zombie_reap_interval`, default 1000. */
  readonly intervalMs?: number;
}

/** waitid(2) and prctl(2), numbers of the Linux headers. */
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Only children of this thread: those of worker threads are theirs to wait for. */
const WNOTHREAD = 0x2000_0000;
const PR_SET_CHILD_SUBREAPER = 36;
const CLD_EXITED = 1;

const peek = WEXITED | WNOHANG | WNOWAIT | WNOTHREAD;
const take = WEXITED | WNOHANG | WNOTHREAD;

/** A zombie as a pass saw it. `loopTurned`: since then libuv has had its chance to wait for it. */
interface Sighting {
  readonly startTicks: number;
  readonly since: number;
  loopTurned: boolean;
}

/**
 * Waits for orphans that become our children because we are PID 1 (or a subreaper, which this makes us), and never
 * for a child that somebody else waits for. libuv waits for its own pids when a SIGCHLD event is dispatched; so a
 * zombie is an orphan if it is still there after a SIGCHLD that *we* sent was dispatched, later than we first saw it.
 * The minimum age is for native add-ons that wait by themselves. No list of pids, and no timer while there is no
 * zombie. Returns the way to stop.
 */
export function startReaper(options: ReaperOptions): () => void {
  const { sys, clock, onReaped = () => {}, onWarning = () => {}, intervalMs = 1_000 } = options;
  if (!sys) {
    if (process.pid === 1)
      onWarning('orphaned processes stay zombies: waiting for them needs the native helper, see `pm doctor`');
    return () => {};
  }
  if (process.pid !== 1) becomeSubreaper(sys, onWarning);
  return watchZombies({ sys, clock, onReaped, intervalMs });
}

type Watch = Required<Pick<ReaperOptions, 'clock' | 'onReaped' | 'intervalMs'>> & {
  readonly sys: NonNullable<ReaperOptions['sys']>;
};

function watchZombies({ sys, clock, onReaped, intervalMs }: Watch): () => void {
  let seen = new Map<number, Sighting>();
  let timer: Timer | undefined;

  /** Reads only, and asks for a pass: of the events that came with this one, libuv's own may be the next. */
  const onChild = (): void => {
    for (const sighting of seen.values()) sighting.loopTurned = true;
    // While zombies are known a pass is due anyway. One at each of a thousand ends would be a thousand too many.
    if (!timer && wait(sys, P_ALL, 0, peek)) timer = clock.after(0, pass);
  };
  const look = (pid: number, now: number): void => {
    const stat = readStat(pid);
    if (!stat) return;
    const known = seen.get(pid);
    const first = { startTicks: stat.startTicks, since: now, loopTurned: false };
    const sighting = known?.startTicks === stat.startTicks ? known : first;
    seen.set(pid, sighting);
    if (!sighting.loopTurned || now - sighting.since < intervalMs) return;
    seen.delete(pid);
    const result = wait(sys, P_PID, pid, take);
    if (result) onReaped(toOrphan(result, stat.command));
  };
  function pass(): void {
    timer = undefined;
    const zombies = listZombies(sys);
    seen = new Map([...seen].filter(([pid]) => zombies.includes(pid)));
    const now = clock.monotonic();
    for (const pid of zombies) look(pid, now);
    if (seen.size === 0) return;
    // Runs libuv's signal handler in this thread, before the call returns; its events are dispatched in the next poll.
    sys.tgkill(process.pid, process.pid, constants.signals.SIGCHLD);
    timer = clock.after(intervalMs, pass);
  }
  process.on('SIGCHLD', onChild);
  timer = clock.after(0, pass);
  return () => {
    timer?.cancel();
    process.off('SIGCHLD', onChild);
  };
}

/** Pids of this thread's children that have ended. One cheap call when there is none. */
function listZombies(sys: Watch['sys']): number[] {
  if (!wait(sys, P_ALL, 0, peek)) return [];
  return childrenOfThread(process.pid, process.pid).filter((pid) => wait(sys, P_PID, pid, peek));
}

/** null when nobody matches: there are no children at all, or the pid is no child of ours any more (ECHILD). */
function wait(sys: Watch['sys'], idType: number, id: number, options: number): WaitResult | null {
  try {
    return sys.waitid(idType, id, options);
  } catch {
    return null;
  }
}

/** Orphans of our children come to us, not to the init above us. */
function becomeSubreaper(sys: Watch['sys'], onWarning: (text: string) => void): void {
  try {
    sys.prctl(PR_SET_CHILD_SUBREAPER, 1);
  } catch (error) {
    onWarning(`orphaned processes go to the init above: ${(error as Error).message}`);
  }
}

function toOrphan({ pid, code, status }: WaitResult, command: string): ReapedOrphan {
  return code === CLD_EXITED
    ? { pid, command, code: status, signal: null }
    : { pid, command, code: null, signal: status };
}
