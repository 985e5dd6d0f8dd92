import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../records.ts';
import { atMost, median, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import type { Supervisor } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';
import { timeProgram } from './program.ts';
import { note, type Runs } from './runs.ts';

/** Start, restart and stop. Each round measures everybody once, so that what disturbs the machine disturbs all. */
export async function measureLife(workshop: Workshop): Promise<Row[]> {
  const [one, fifty, stop, restart]: [Runs, Runs, Runs, Runs] = [{}, {}, {}, {}];
  const { quick, supervisors, node } = workshop;
  // The first fills caches: of files, and of compiled code.
  for (let round = 0; round <= (quick ? 2 : 7); round++) {
    workshop.tell(`start and stop, round ${round}`);
    const counts = round > 0;
    // What a Node costs that does nothing.
    const bare = (await timeProgram(workshop, { argv: [node, '-e', '0'] })).ms;
    if (counts) note(one, 'node', bare);
    for (const supervisor of supervisors) {
      if (isSlow(supervisor) && (quick ? round !== 1 : round > 3)) continue;
      const single = await timeLife(workshop, supervisor, 1);
      const many = await timeLife(workshop, supervisor, 50);
      if (!counts) continue;
      note(one, supervisor.name, single.startMs);
      note(fifty, supervisor.name, many.startMs);
      note(stop, supervisor.name, many.stopMs);
    }
  }
  for (const supervisor of supervisors) {
    workshop.tell(`restart after kill -9: ${supervisor.name}`);
    for (const figure of await timeRestarts(workshop, supervisor, quick ? 5 : 15))
      note(restart, supervisor.name, figure);
  }
  return [
    { name: 'start of 1', unit: 'ms', runs: one, budget: atMost(2 * median(one.node ?? []), '≤ 2 × node') },
    { name: 'start of 50', unit: 'ms', runs: fifty, budget: atMost(150) },
    { name: 'restart after kill -9', unit: 'ms', runs: restart, budget: atMost(2) },
    { name: 'stop of 50', unit: 'ms', runs: stop, budget: atMost(65) },
  ];
}

/** Seconds a round: three say enough. */
function isSlow({ name }: Supervisor): boolean {
  return name === 'supervisord' || name === 'pm2';
}

export interface Life {
  /** From the supervisor's exec to the last service's main(). */
  readonly startMs: number;
  /** From the signal to the end of the supervisor and of every service. */
  readonly stopMs: number;
}

/** Starts `count` services and stops them. */
export async function timeLife(workshop: Workshop, supervisor: Supervisor, count: number): Promise<Life> {
  const run = workshop.start(supervisor, { count });
  try {
    const startMs = await timeStart(run, count);
    return { startMs, stopMs: await timeStop(run, supervisor, count) };
  } catch (error) {
    throw new Error(`${supervisor.name} with ${count}`, { cause: error });
  } finally {
    await run.close();
  }
}

async function timeStart({ until, records }: Run, count: number): Promise<number> {
  const started = await until('started', count, 120_000);
  const [exec] = records.of('exec');
  return lastOf(started) - (exec?.atMs ?? NaN);
}

async function timeStop(run: Run, { stopSignal }: Supervisor, count: number): Promise<number> {
  run.listOwn();
  const asked = nowMs();
  run.signal(stopSignal);
  const [ended, gone] = await Promise.all([run.records.until('ended', count, 120_000), run.ended]);
  return Math.max(gone, lastOf(ended)) - asked;
}

function lastOf(records: readonly { readonly atMs: number }[]): number {
  return Math.max(...records.map(({ atMs }) => atMs));
}

/** Death to the new main(), again and again, each after the second that some supervisors want between two starts. */
async function timeRestarts(workshop: Workshop, supervisor: Supervisor, times: number): Promise<number[]> {
  const run = workshop.start(supervisor, { count: 1 });
  const figures: number[] = [];
  try {
    for (let count = 1; count <= times; count++) {
      const started = await run.until('started', count);
      await sleep(1200);
      figures.push(await timeRestart(run, started.at(-1)?.pid ?? 0, count));
    }
    return figures;
  } finally {
    await run.close();
  }
}

/** Kills the service that was started as the `count`th. */
export async function timeRestart({ until }: Run, pid: number, count: number): Promise<number> {
  const killed = nowMs();
  process.kill(pid, 'SIGKILL');
  const started = await until('started', count + 1);
  return (started[count]?.atMs ?? NaN) - killed;
}
