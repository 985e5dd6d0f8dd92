import { setTimeout as sleep } from 'node:timers/promises';
import { type Memory, readActivity, readMemory } from '../proc.ts';
import { nowMs } from '../records.ts';
import { atMost, median, type Row } from '../row.ts';
import type { Supervisor } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';
import { note, type Runs } from './runs.ts';

const settleMs = 3000;
/** V8 tidies up eight to ten seconds after the boot, pm fifteen: who does not move after that has settled. */
const quiet = { notBeforeMs: 16_000, forMs: 5000, atMostMs: 60_000 };
/** What the wakeups and the processor's time are given for, whatever the time they were watched. */
const windowMs = 10_000;

interface Figures {
  readonly pss: Runs;
  readonly anonymous: Runs;
}

/** Memory of all the supervisor's own processes, and what they do when nothing happens. */
export async function measureFootprint(workshop: Workshop): Promise<Row[]> {
  const [one, fifty]: [Figures, Figures] = [
    { pss: {}, anonymous: {} },
    { pss: {}, anonymous: {} },
  ];
  const [cpu, wakeups]: [Runs, Runs] = [{}, {}];
  workshop.tell('memory: bare node');
  noteMemory(one, 'node', await weighNode(workshop));
  for (const supervisor of workshop.quick ? [workshop.pm] : workshop.supervisors) {
    workshop.tell(`memory and idle: ${supervisor.name}`);
    noteMemory(one, supervisor.name, (await watchIdle(workshop, supervisor, 1, 0)).memory);
    const idle = await watchIdle(workshop, supervisor, 50, workshop.quick ? windowMs / 2 : windowMs);
    noteMemory(fifty, supervisor.name, idle.memory);
    note(cpu, supervisor.name, idle.cpuMs);
    note(wakeups, supervisor.name, idle.wakeups);
  }
  const bare = median(one.pss.node ?? []);
  return [
    { name: 'PSS with 1', unit: 'MiB', runs: one.pss, budget: atMost(bare + 6, '≤ node + 6') },
    { name: 'PSS with 50', unit: 'MiB', runs: fifty.pss, budget: atMost(bare + 9, '≤ node + 9') },
    { name: 'anonymous with 1', unit: 'MiB', runs: one.anonymous, budget: atMost(14) },
    { name: 'anonymous with 50', unit: 'MiB', runs: fifty.anonymous, budget: atMost(17) },
    { name: 'processor while idle, 50, in 10 s', unit: 'ms', runs: cpu, budget: atMost(0) },
    { name: 'wakeups while idle, 50, in 10 s', unit: '', runs: wakeups, budget: atMost(0) },
  ];
}

function noteMemory(figures: Figures, subject: Supervisor['name'], { pssMiB, anonymousMiB }: Memory): void {
  note(figures.pss, subject, pssMiB);
  note(figures.anonymous, subject, anonymousMiB);
}

async function weighNode(workshop: Workshop): Promise<Memory> {
  const run = workshop.startProgram([workshop.node, '-e', 'setInterval(() => {}, 1e9)']);
  try {
    await sleep(settleMs);
    return readMemory(run.listOwn());
  } finally {
    await run.close();
  }
}

interface Idle {
  readonly memory: Memory;
  readonly cpuMs: number;
  readonly wakeups: number;
}

async function watchIdle(workshop: Workshop, supervisor: Supervisor, count: number, forMs: number): Promise<Idle> {
  const run = workshop.start(supervisor, { count });
  try {
    await run.until('started', count);
    await sleep(settleMs);
    const own = run.listOwn();
    if (supervisor === workshop.pm) await untilQuiet(own);
    const memory = readMemory(own);
    const before = readActivity(own);
    await sleep(forMs);
    const after = readActivity(own);
    const scale = windowMs / (forMs || windowMs);
    return { memory, cpuMs: (after.cpuMs - before.cpuMs) * scale, wakeups: (after.wakeups - before.wakeups) * scale };
  } finally {
    await run.close();
  }
}

/** Gives up at the limit: then there is a timer, which the wakeups will show. */
async function untilQuiet(own: readonly number[]): Promise<void> {
  const begin = nowMs();
  let { wakeups } = readActivity(own);
  const isQuiet = (since: number): boolean => nowMs() - since >= quiet.forMs && nowMs() - begin >= quiet.notBeforeMs;
  for (let since = begin; !isQuiet(since) && nowMs() - begin < quiet.atMostMs;) {
    await sleep(500);
    const now = readActivity(own);
    if (now.wakeups !== wakeups) since = nowMs();
    wakeups = now.wakeups;
  }
}
