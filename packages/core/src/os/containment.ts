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
  /** The group was sent a stop signal: its members get no second one. */
  noteGroupTold(): void;
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
  /** Its start time; absent: read here. */
  readonly started?: number | undefined;
  /** Value of the marker variable in its environment, where it has one. */
  readonly marker?: string;
}

/** A process that SIGKILL does not end (stuck in the kernel) is waited for this long, then named and left. */
const stuckAfterMs = 5_000;
const firstPollMs = 2;
const slowestPollMs = 50;

/** `pid` must be alive: its start time is what tells it from a later owner of the number. */
export function createContainment(main: Contained, port: ContainmentPort): Containment {
  return new ProcessTreeContainment(main, port);
}

class ProcessTreeContainment implements Containment {
  readonly #trace: Trace;
  readonly #port: ContainmentPort;
  readonly #known = new Set<string>();
  readonly #counted = new Set<string>();
  /** Who has had a stop signal: many programs take a second one for impatience. */
  readonly #asked = new Set<string>();
  #hurried = false;

  constructor(main: Contained, port: ContainmentPort) {
    this.#trace = { ...main, started: main.started ?? readStat(main.pid)?.startTicks, known: this.#known };
    this.#port = port;
  }

  note(): void {
    const { pid, started } = this.#trace;
    const mainLives = readStat(pid)?.startTicks === started;
    const members = this.#port.cgroup?.members() ?? [];
    for (const member of [...(mainLives ? descendantsOf(pid) : []), ...members]) {
      const stat = readStat(member);
      if (stat && !isMain(stat, this.#trace)) this.#known.add(identityOf(stat));
    }
  }

  noteGroupTold(): void {
    this.note();
    for (const identity of this.#known) {
      const stat = readStat(Number.parseInt(identity, 10));
      if (stat?.group === this.#trace.pid) this.#asked.add(identity);
    }
  }

  hurry(): void {
    this.#hurried = true;
  }

  killNow(): void {
    this.note();
    for (const identity of this.#known) killIdentity(identity);
  }

  async sweep(graceMs: number): Promise<number> {
    if (graceMs === 0 || !(await this.#askToEnd(graceMs))) await this.#killUntilNone();
    return this.#counted.size;
  }

  /** true when all went by themselves. */
  async #askToEnd(graceMs: number): Promise<boolean> {
    const { clock } = this.#port;
    const end = clock.monotonic() + graceMs;
    for (let pause = firstPollMs; ; pause = Math.min(pause * 2, slowestPollMs)) {
      const left = await this.#find();
      if (left.length === 0) return true;
      if (this.#hurried || clock.monotonic() >= end) return false;
      for (const stat of left.filter((candidate) => !this.#asked.has(identityOf(candidate)))) {
        this.#asked.add(identityOf(stat));
        signalSame(stat, constants.signals.SIGTERM);
        // A stopped process does not see SIGTERM before it goes on.
        signalSame(stat, constants.signals.SIGCONT);
      }
      await clock.sleep(pause);
    }
  }

  async #killUntilNone(): Promise<void> {
    const { clock, warn } = this.#port;
    const giveUp = clock.monotonic() + stuckAfterMs;
    for (let pause = firstPollMs; ; pause = Math.min(pause * 2, slowestPollMs)) {
      const left = await this.#find();
      if (left.length === 0) return;
      if (clock.monotonic() >= giveUp) return warn(`${describe(left)} cannot be killed and was left behind`);
      for (const stat of left) signalSame(stat, constants.signals.SIGKILL);
      await clock.sleep(pause);
    }
  }

  async #find(): Promise<ProcStat[]> {
    this.note();
    const left = findMembers(await this.#port.table.read(), this.#trace);
    for (const stat of left) {
      this.#known.add(identityOf(stat));
      this.#counted.add(identityOf(stat));
    }
    return left;
  }
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
    if (!isMain(stat, trace) && isMember(stat)) found.set(stat.pid, stat);
  }
  addDescendants(found, table.processes);
  found.delete(process.pid);
  return [...found.values()];
}

function isMain(stat: ProcStat, trace: Trace): boolean {
  return stat.pid === trace.pid && stat.startTicks === trace.started;
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
