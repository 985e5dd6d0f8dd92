import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeAnswers } from '../latency.ts';
import { readMemory } from '../proc.ts';
import { nowMs } from '../records.ts';
import { atMost, quantile, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import { readEvents, toSocket } from '../supervisors/pm.ts';
import type { Control } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';
import { untilCalm } from './settle.ts';
import { awaitControl } from './status.ts';

const subscribers = 1000;
const services = 10;

interface Figures {
  /** From the kill of a service to the last subscriber's knowing of its end. */
  readonly told: number[];
  /** Of `GET /processes` while restarts are told. */
  readonly answers: number[];
  readonly joinMs: number[];
  /** Of the heap, for one of them. */
  readonly liveKiB: number[];
  /** Of the process, for one of them: with what was used on the way and is not given back yet. */
  readonly anonymousKiB: number[];
  /** What is left of the heap when all have gone. */
  readonly heapAfter: number[];
  readonly descriptors: number[];
  readonly holes: number[];
  readonly gone: number[];
}

/** A thousand clients that follow every event. They come, see restarts, and leave, again and again. */
export async function measureSubscribers(workshop: Workshop): Promise<Row[]> {
  const figures: Figures = {
    told: [],
    answers: [],
    joinMs: [],
    liveKiB: [],
    anonymousKiB: [],
    heapAfter: [],
    descriptors: [],
    holes: [],
    gone: [],
  };
  const heapFile = join(workshop.folder, 'heap');
  const run = workshop.start(workshop.pm, {
    count: services,
    env: { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../live-heap.mjs')}`, BENCH_HEAP: heapFile },
  });
  const look = (): Promise<Look> => lookAt(run, heapFile);
  try {
    const control = await awaitControl(run, workshop.pm, services);
    await warmUp(control);
    const before = await look();
    for (let wave = 1; wave <= (workshop.quick ? 4 : 6); wave++) {
      workshop.tell(`${subscribers} subscribers, wave ${wave}`);
      await measureWave({ workshop, run, control, look, before, figures });
    }
  } finally {
    await run.close();
  }
  return toRows(figures);
}

/** HTTP is loaded with the first connection: what that costs is not the subscribers'. */
async function warmUp({ askUsage }: Control): Promise<void> {
  const inquiry = await askUsage?.();
  if (inquiry !== undefined) await timeAnswers(inquiry, { times: 200, everyMs: 0 });
  inquiry?.close();
}

interface Look {
  readonly anonymousKiB: number;
  readonly heapKiB: number;
  readonly descriptors: number;
}

async function lookAt({ pid }: Run, heapFile: string): Promise<Look> {
  await untilCalm([pid]);
  const anonymousKiB = readMemory([pid]).anonymousMiB * 1024;
  rmSync(heapFile, { force: true });
  process.kill(pid, 'SIGWINCH');
  const heap = await readWhenThere(heapFile);
  return { anonymousKiB, heapKiB: Number(heap) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

async function readWhenThere(path: string): Promise<string> {
  for (const end = nowMs() + 10_000; nowMs() < end; await sleep(10)) {
    if (existsSync(path)) return readFileSync(path, 'utf8');
  }
  throw new Error(`${path} was not written within 10 s`);
}

interface Wave {
  readonly workshop: Workshop;
  readonly run: Run;
  readonly control: Control;
  readonly look: () => Promise<Look>;
  readonly before: Look;
  readonly figures: Figures;
}

async function measureWave({ workshop, run, control, look, before, figures }: Wave): Promise<void> {
  const asked = nowMs();
  const clients = workshop.startProgram([
    workshop.programs.subscribers,
    toSocket(run.folder),
    '/api/v1/events',
    String(subscribers),
    'numbered',
  ]);
  try {
    const [picture] = await clients.until('told', 1);
    figures.joinMs.push((picture?.atMs ?? NaN) - asked);
    const full = await look();
    figures.liveKiB.push((full.heapKiB - before.heapKiB) / subscribers);
    figures.anonymousKiB.push((full.anonymousKiB - before.anonymousKiB) / subscribers);
    await measureTelling({ workshop, run, clients, control, figures });
    clients.signal('SIGTERM');
    await clients.ended;
    figures.holes.push(await countOf(clients, 'holes'));
    figures.gone.push(await countOf(clients, 'gone'));
  } finally {
    await clients.close();
  }
  const after = await look();
  figures.descriptors.push(after.descriptors - before.descriptors);
  figures.heapAfter.push(after.heapKiB);
}

async function countOf({ records }: Run, what: string): Promise<number> {
  const [record] = await records.until(what, 1);
  return record?.count ?? NaN;
}

interface Telling extends Omit<Wave, 'before' | 'look'> {
  readonly clients: Run;
}

/** Services die and come back at their own pace, while somebody asks. */
async function measureTelling({ workshop, run, clients, control, figures }: Telling): Promise<void> {
  const inquiry = await control.askUsage?.();
  if (inquiry === undefined) return;
  const { seq } = await readEvents(run.folder);
  const times = workshop.quick ? 200 : 500;
  try {
    const [answers, kills] = await Promise.all([
      timeAnswers(inquiry, { times, everyMs: 10 }),
      killEach(run, times / 50),
    ]);
    figures.answers.push(...answers);
    figures.told.push(...(await timeTold({ run, clients, kills, since: seq })));
  } finally {
    inquiry.close();
  }
}

interface Kill {
  readonly pid: number;
  readonly atMs: number;
}

/** One service after the other, each when the one before is back, and not more than five a second. */
async function killEach(run: Run, times: number): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (let index = 0; index < times; index++) {
    const started = run.records.of('started');
    // Each start is one of the newest: so a service is killed once in as many kills as there are services.
    const pid = started.at(-services)?.pid ?? 0;
    kills.push({ pid, atMs: nowMs() });
    process.kill(pid, 'SIGKILL');
    await Promise.all([run.until('started', started.length + 1), sleep(200)]);
  }
  return kills;
}

interface Told {
  readonly run: Run;
  readonly clients: Run;
  readonly kills: readonly Kill[];
  readonly since: number;
}

/** By the number of the event that tells of each end, which is what a subscriber goes by. */
async function timeTold({ run, clients, kills, since }: Told): Promise<number[]> {
  const { seq, events } = await readEvents(run.folder, since);
  const ends = events.filter(({ type }) => type === 'instance.exited');
  if (ends.length !== kills.length)
    throw new Error(`${kills.length} were killed, ${ends.length} are said to have ended`);
  const told = await untilTold(clients, seq);
  return ends.map((end, index) => (told.get(end.seq) ?? NaN) - (kills[index]?.atMs ?? NaN));
}

/** When the last subscriber had each event; resolves when all have the one of that number. */
async function untilTold(clients: Run, seq: number): Promise<ReadonlyMap<number, number>> {
  const end = nowMs() + 10_000;
  for (;;) {
    const told = new Map(clients.records.of('told').map(({ count, atMs }) => [count, atMs]));
    if (told.has(seq)) return told;
    if (nowMs() > end) throw new Error(`event ${seq} did not reach all ${subscribers} subscribers within 10 s`);
    await sleep(10);
  }
}

function toRows(figures: Figures): Row[] {
  const { told, answers, joinMs, liveKiB, anonymousKiB, heapAfter, descriptors, holes, gone } = figures;
  const name = `${subscribers} subscribers`;
  const toRow = (what: string, unit: string, runs: readonly number[]): Row => ({
    name: `${name}: ${what}`,
    unit,
    runs: { pm: runs },
  });
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + Math.abs(value), 0);
  return [
    toRow('until all have the picture', 'ms', joinMs),
    toRow('an end told to the last, p50', 'ms', told),
    toRow('an end told to the last, most', 'ms', [Math.max(...told)]),
    { ...toRow('an answer meanwhile, p50', 'ms', answers) },
    { ...toRow('an answer meanwhile, p99', 'ms', [quantile(answers, 0.99)]), budget: atMost(10) },
    toRow('heap of each', 'KiB', liveKiB),
    toRow('anonymous memory of each, first wave', 'KiB', anonymousKiB.slice(0, 1)),
    {
      ...toRow('heap left by each that has gone', 'KiB', [Math.max(0, toGrowth(heapAfter) / subscribers)]),
      // Code that is compiled and forgotten is some hundred KiB a wave; whoever stays would be 10 KiB each.
      budget: atMost(2),
    },
    { ...toRow('descriptors left after', '', [sum(descriptors)]), budget: atMost(0) },
    { ...toRow('events missed', '', [sum(holes)]), budget: atMost(0) },
    { ...toRow('streams lost', '', [sum(gone)]), budget: atMost(0) },
  ];
}

/** From one wave to the next. The smallest of each half: compiled code comes and goes, a leak stays. */
function toGrowth(heapAfter: readonly number[]): number {
  const half = Math.floor(heapAfter.length / 2);
  return (Math.min(...heapAfter.slice(half)) - Math.min(...heapAfter.slice(0, half))) / half;
}
