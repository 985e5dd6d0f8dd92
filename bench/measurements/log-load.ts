import { setTimeout as sleep } from 'node:timers/promises';
import { timeAnswers } from '../latency.ts';
import { readTraffic } from '../proc.ts';
import { nowMs } from '../records.ts';
import { atLeast, atMost, quantile, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import type { Inquiry, Supervisor } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';
import { note, type Runs } from './runs.ts';
import { awaitControl } from './status.ts';

const services = 50;
const lineBytes = 120;
const linesPerMs = 200;
/** What a logger with a small buffer writes at once. */
const linesAtOnce = 10;
const rampMs = 500;
/** So that of a hundred answers two need a new look at what is used, which is taken once a second: p99 is one of those. */
const everyMs = 20;

interface Figures {
  readonly idle50: Runs;
  readonly idle99: Runs;
  readonly busy50: Runs;
  readonly busy99: Runs;
  readonly carried: Runs;
}

/** How long an answer takes while services write. */
export async function measureLogLoad(workshop: Workshop): Promise<Row[]> {
  const figures: Figures = { idle50: {}, idle99: {}, busy50: {}, busy99: {}, carried: {} };
  for (let round = 1; round <= (workshop.quick ? 1 : 3); round++) {
    for (const supervisor of workshop.supervisors) {
      workshop.tell(`answers under load: ${supervisor.name}, round ${round}`);
      await measureOne(workshop, supervisor, figures);
    }
  }
  const { idle50, idle99, busy50, busy99, carried } = figures;
  const toName = (load: string, what: string): string => `answer, ${services} services, ${load}: ${what}`;
  const load = `${linesPerMs} lines/ms`;
  return [
    { name: toName('idle', 'p50'), unit: 'ms', runs: idle50 },
    { name: toName('idle', 'p99'), unit: 'ms', runs: idle99 },
    { name: toName(load, 'p50'), unit: 'ms', runs: busy50 },
    // What the loop may be held up under a load of logs, it may be held up by.
    { name: toName(load, 'p99'), unit: 'ms', runs: busy99, budget: atMost(10) },
    { name: toName(load, 'carried'), unit: 'lines/ms', runs: carried, budget: atLeast(0.98 * linesPerMs) },
  ];
}

async function measureOne(workshop: Workshop, supervisor: Supervisor, figures: Figures): Promise<void> {
  const times = workshop.quick ? 150 : 300;
  const rate = (linesPerMs * 1000 * lineBytes) / services;
  const run = workshop.start(supervisor, {
    count: services,
    isAsked: true,
    pour: `${linesAtOnce * lineBytes} ${rate * 3600} ${rate}`,
  });
  try {
    const { askUsage, askStates = askUsage } = await awaitControl(run, supervisor, services);
    const inquiry = await (askUsage ?? askStates)?.();
    if (inquiry === undefined) return;
    try {
      await compare(run, inquiry, { times, name: supervisor.name, figures });
    } finally {
      inquiry.close();
    }
  } finally {
    await run.close();
  }
}

interface Comparison {
  readonly times: number;
  readonly name: Supervisor['name'];
  readonly figures: Figures;
}

async function compare(run: Run, inquiry: Inquiry, { times, name, figures }: Comparison): Promise<void> {
  const ask = (count: number): Promise<number[]> => timeAnswers(inquiry, { times: count, everyMs });
  await ask(times / 5);
  const idle = await ask(times);
  note(figures.idle50, name, quantile(idle, 0.5));
  note(figures.idle99, name, quantile(idle, 0.99));
  const started = run.records.of('started');
  for (const { pid } of started) process.kill(pid, 'SIGUSR1');
  await run.until('pouring', started.length);
  await sleep(rampMs);
  const written = (): number => started.reduce((sum, { pid }) => sum + readTraffic(pid).written, 0);
  const [from, before] = [nowMs(), written()];
  const busy = await ask(times);
  note(figures.carried, name, (written() - before) / lineBytes / (nowMs() - from));
  note(figures.busy50, name, quantile(busy, 0.5));
  note(figures.busy99, name, quantile(busy, 0.99));
}
