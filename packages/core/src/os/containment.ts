import { constants } from 'node:os';
import { sendSignal } from './launch.ts';
import { isDead, type ProcStat, readStat } from './proc-stat.ts';
import { descendantsOf } from './proc-tree.ts';
import { identityOf, type ProcessTable, type ProcessTableReader } from './process-table.ts';
import type { Clock } from './clock.ts';

/** Finds and ends what a service leaves behind, where no subreaper holds it together. */
export interface Containment {
  /** Remembers the descendants there are now: once their parent has ended nothing else may lead to them. */
  note(): void;
  /** No grace from now on, for a sweep that is under way too. */
  hurry(): void;
  /** Kills all that is known at once. For a hard kill, while the main process may still live. */
  killNow(): void;
  /** After the main process has ended: SIGTERM, SIGKILL after the grace, until nothing is left. Resolves with how many there were. */
  sweep(graceMs: number): Promise<number>;
}

export interface ContainmentPort {
  readonly clock: Clock;
  readonly table: ProcessTableReader;
  /** The service's cgroup, where it has one: nothing leaves it. */
  readonly cgroup: { members(): readonly number[] } | undefined;
  readonly warn: (text: string) => void;
}

export interface Contained {
  readonly pid: number;
  /** Value of the marker variable in its environment, where it has one. */
  readonly marker?: string;
}

/** A process that SIGKILL does not end (stuck in the kernel) is waited for this long, then named and left. */
const stuckAfterMs = 5_000;
const firstPollMs = 2;
const slowestPollMs = 50;

/** `pid` must be alive: its start time is what tells it from a later owner of the number. */
export function createContainment(main: Contained, port: ContainmentPort): Containment {
  const started = readStat(main.pid)?.startTicks;
  const known = new Set<string>();
  const counted = new Set<string>();
  let hurried = false;

  const isMain = (stat: ProcStat): boolean => stat.pid === main.pid && stat.startTicks === started;
  const remember = (stat: ProcStat): void => void known.add(identityOf(stat));
  const note = (): void => {
    const mainLives = readStat(main.pid)?.startTicks === started;
    for (const pid of [...(mainLives ? descendantsOf(main.pid) : []), ...(port.cgroup?.members() ?? [])]) {
      const stat = readStat(pid);
      if (stat && !isMain(stat)) remember(stat);
    }
  };
  const find = async (): Promise<ProcStat[]> => {
    note();
    const left = findMembers(await port.table.read(), { ...main, started, known });
    left.forEach(remember);
    for (const stat of left) counted.add(identityOf(stat));
    return left;
  };
  const killUntilNone = async (): Promise<void> => {
    const giveUp = port.clock.monotonic() + stuckAfterMs;
    for (let pause = firstPollMs; ; pause = Math.min(pause * 2, slowestPollMs)) {
      const left = await find();
      if (left.length === 0) return;
      if (port.clock.monotonic() >= giveUp) return port.warn(`${describe(left)} cannot be killed and was left behind`);
      for (const stat of left) signalSame(stat, constants.signals.SIGKILL);
      await port.clock.sleep(pause);
    }
  };
  /** true when all went by themselves. */
  const askToEnd = async (graceMs: number): Promise<boolean> => {
    const asked = new Set<string>();
    const end = port.clock.monotonic() + graceMs;
    for (let pause = firstPollMs; ; pause = Math.min(pause * 2, slowestPollMs)) {
      const left = await find();
      if (left.length === 0) return true;
      if (hurried || port.clock.monotonic() >= end) return false;
      for (const stat of left.filter((candidate) => !asked.has(identityOf(candidate)))) {
        asked.add(identityOf(stat));
        signalSame(stat, constants.signals.SIGTERM);
        // A stopped process does not see SIGTERM before it goes on.
        signalSame(stat, constants.signals.SIGCONT);
      }
      await port.clock.sleep(pause);
    }
  };
  return {
    note,
    hurry() {
      hurried = true;
    },
    killNow() {
      note();
      for (const identity of known) killIdentity(identity);
    },
    async sweep(graceMs) {
      if (graceMs === 0 || !(await askToEnd(graceMs))) await killUntilNone();
      return counted.size;
    },
  };
}

interface Trace extends Contained {
  readonly started: number | undefined;
  /** Identities seen as descendants before. */
  readonly known: ReadonlySet<string>;
}

/**
 * Pure but for reading environments: who of the table belongs to a service whose main process is (or was) `trace.pid`:
 * known before, in its group or session, carrying its marker, or a child of such a one.
 */
export function findMembers(table: ProcessTable, trace: Trace): ProcStat[] {
  // A number that somebody else has now says nothing any more: group and session ids are pids too.
  const reused = table.processes.some((stat) => stat.pid === trace.pid && stat.startTicks !== trace.started);
  const isMember = (stat: ProcStat): boolean =>
    trace.known.has(identityOf(stat)) ||
    (!reused && (stat.group === trace.pid || stat.session === trace.pid)) ||
    // Nothing that was there before the main process can be of its making.
    (trace.marker !== undefined && stat.startTicks >= (trace.started ?? 0) && table.markerOf(stat) === trace.marker);
  const found = new Map<number, ProcStat>();
  for (const stat of table.processes) {
    const isMain = stat.pid === trace.pid && stat.startTicks === trace.started;
    if (!isMain && isMember(stat)) found.set(stat.pid, stat);
  }
  addDescendants(found, table.processes);
  found.delete(process.pid);
  return [...found.values()];
}

function addDescendants(found: Map<number, ProcStat>, processes: readonly ProcStat[]): void {
  let before = -1;
  while (found.size > before) {
    before = found.size;
    for (const stat of processes) if (found.has(stat.parent)) found.set(stat.pid, stat);
  }
}

/** Signals only if the pid still is who we saw. */
function signalSame(stat: ProcStat, signal: number): void {
  const now = readStat(stat.pid);
  if (now && now.startTicks === stat.startTicks && !isDead(now)) sendSignal(stat.pid, signal);
}

function killIdentity(identity: string): void {
  const stat = readStat(Number.parseInt(identity, 10));
  if (stat && identityOf(stat) === identity) sendSignal(stat.pid, constants.signals.SIGKILL);
}

function describe(left: readonly ProcStat[]): string {
  return left.map((stat) => `${stat.command} (pid ${stat.pid}, state ${stat.state})`).join(', ');
}
