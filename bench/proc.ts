import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  readonly parent: number;
  /** With it a pid means one process for ever. */
  readonly startTicks: number;
}

/** Undefined: there is no such process, or only a zombie is left of it. */
export function readProcess(pid: number): ProcessId | undefined {
  const text = readQuietly(`/proc/${pid}/stat`);
  // The name may hold anything, also parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.length < 20 || fields[0] === 'Z'
    ? undefined
    : { pid, parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

export function isAlive(known: ProcessId): boolean {
  return readProcess(known.pid)?.startTicks === known.startTicks;
}

/** A process and all that came from it and did not leave it, parents first. */
export function listTree(root: number): ProcessId[] {
  const all = listPids()
    .map(readProcess)
    .filter((found) => found !== undefined);
  const childrenOf = Map.groupBy(all, ({ parent }) => parent);
  const below = (pid: number): ProcessId[] =>
    (childrenOf.get(pid) ?? []).flatMap((child) => [child, ...below(child.pid)]);
  return [...all.filter(({ pid }) => pid === root), ...below(root)];
}

export interface Memory {
  readonly pssMiB: number;
  /** What is nobody else's and on no disk: what the supervisor really costs. */
  readonly anonymousMiB: number;
}

/** Of these processes together. */
export function readMemory(pids: readonly number[]): Memory {
  const texts = pids.map((pid) => readQuietly(`/proc/${pid}/smaps_rollup`));
  const sum = (field: string): number =>
    texts.reduce((total, text) => total + Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0), 0) /
    1024;
  return { pssMiB: sum('Pss'), anonymousMiB: sum('Anonymous') };
}

export interface Activity {
  readonly cpuMs: number;
  /** How often a thread went to sleep, and so must have been awake. */
  readonly wakeups: number;
}

/** Of all threads of these processes since their start. The scheduler counts in nanoseconds, where `stat` has ticks of 10 ms. */
export function readActivity(pids: readonly number[]): Activity {
  const tasks = pids.flatMap(listTasks);
  const cpu = tasks.map((task) => Number(readQuietly(`${task}/schedstat`).split(' ')[0] ?? 0) / 1e6);
  const switches = tasks.map((task) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readQuietly(`${task}/status`))?.[1] ?? 0),
  );
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return { cpuMs: sum(cpu), wakeups: sum(switches) };
}

/** Bytes that a process has read and written by system calls (proc_pid_io(5)). */
export function readTraffic(pid: number): { readonly read: number; readonly written: number } {
  const text = readQuietly(`/proc/${pid}/io`);
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
  return { read: field('rchar'), written: field('wchar') };
}

function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function listTasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  } catch {
    return [];
  }
}

/** Processes end while they are looked at. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
