import { setTimeout as sleep } from 'node:timers/promises';
import { timeAnswers } from '../latency.ts';
import { atMost, median, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import type { Control, Inquiry, Supervisor } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';
import { timeProgram } from './program.ts';
import { note, type Runs } from './runs.ts';
import { untilCalm } from './settle.ts';

const sizes = [250, 500, 1000] as const;
/** Four times as many may take so many times as long, as in growth.ts. */
const mostGrowth = 5;
/** pm measures nothing twice within a second: asked less often than that, it measures each time. */
const apartMs = 1100;

interface Figures {
  readonly states: Runs;
  readonly usage: Runs;
  readonly program: Runs;
}

/** What it takes to be told of all services. */
export async function measureStatus(workshop: Workshop): Promise<Row[]> {
  const figures = sizes.map((): Figures => ({ states: {}, usage: {}, program: {} }));
  for (const [index, found] of figures.entries()) {
    const size = sizes[index] ?? NaN;
    const asked = workshop.supervisors.filter((one) => isMeasured(workshop, one, size));
    for (const supervisor of asked) {
      workshop.tell(`status of ${size}: ${supervisor.name}`);
      await measureOne(workshop, supervisor, { size, figures: found });
    }
  }
  return [
    ...toRows(
      'states',
      'request',
      figures.map(({ states }) => states),
    ),
    ...toRows(
      'states and usage',
      'request',
      figures.map(({ usage }) => usage),
    ),
    ...toRows(
      'status',
      'program',
      figures.map(({ program }) => program),
    ),
  ];
}

/** What grows is seen of pm alone; quick leaves out what is long in starting. */
function isMeasured({ pm, quick }: Workshop, supervisor: Supervisor, size: number): boolean {
  if (supervisor === pm) return !quick || size !== 500;
  return supervisor.control !== undefined && (size === 250 || (size === 1000 && !quick));
}

interface Target {
  readonly size: number;
  readonly figures: Figures;
}

async function measureOne(workshop: Workshop, supervisor: Supervisor, { size, figures }: Target): Promise<void> {
  const run = workshop.start(supervisor, { count: size, isAsked: true });
  try {
    const control = await awaitControl(run, supervisor, size);
    const { name } = supervisor;
    const times = workshop.quick ? 20 : 30;
    for (const figure of await inquire(control.askStates, size, (inquiry) => askOften(inquiry, times)))
      note(figures.states, name, figure);
    for (const figure of await inquire(control.askUsage, size, (inquiry) => askSeldom(inquiry, workshop.quick ? 3 : 7)))
      note(figures.usage, name, figure);
    for (let round = 0; round <= (workshop.quick ? 3 : 5); round++) {
      await sleep(apartMs);
      const { ms, bytes } = await timeProgram(workshop, control.program);
      if (bytes < size * 'svc-0 RUNNING\n'.length) throw new Error(`${name}: ${bytes} bytes tell of less than ${size}`);
      // The first fills caches.
      if (round > 0) note(figures.program, name, ms);
    }
  } catch (error) {
    throw new Error(`${supervisor.name} with ${size}`, { cause: error });
  } finally {
    await run.close();
  }
}

/** Resolves when all services have started and the supervisor has come to rest. */
export async function awaitControl(run: Run, supervisor: Supervisor, count: number): Promise<Control> {
  await run.until('started', count, 120_000);
  await untilCalm(run.listOwn());
  if (supervisor.control === undefined) throw new Error(`${supervisor.name} cannot be asked`);
  return supervisor.control(run.folder);
}

/** Nothing where it cannot be asked so. Rejects where the answer does not tell of all. */
async function inquire(
  open: Control['askStates'],
  size: number,
  measure: (inquiry: Inquiry) => Promise<number[]>,
): Promise<number[]> {
  if (open === undefined) return [];
  const inquiry = await open();
  try {
    const figures = await measure(inquiry);
    if (inquiry.count() !== size) throw new Error(`the answer tells of ${inquiry.count()}, not of ${size}`);
    return figures;
  } finally {
    inquiry.close();
  }
}

/** The first third warms up: code that is asked for every second is compiled. */
async function askOften(inquiry: Inquiry, times: number): Promise<number[]> {
  const figures = await timeAnswers(inquiry, { times: Math.ceil(times * 1.5), everyMs: 0 });
  return figures.slice(-times);
}

async function askSeldom(inquiry: Inquiry, times: number): Promise<number[]> {
  const figures: number[] = [];
  for (let round = 0; round <= times; round++) {
    const [figure = NaN] = await timeAnswers(inquiry, { times: 1, everyMs: 0 });
    if (round > 0) figures.push(figure);
    await sleep(apartMs);
  }
  return figures;
}

function toRows(what: string, how: string, runs: readonly Runs[]): Row[] {
  const rows = sizes.flatMap((size, index): Row[] => {
    const found = runs[index] ?? {};
    return found.pm === undefined ? [] : [{ name: `${what} of ${size}: ${how}`, unit: 'ms', runs: found }];
  });
  const growth = median(runs.at(-1)?.pm ?? []) / median(runs[0]?.pm ?? []);
  const name = `${what}: ${how}, 1000 over 250`;
  return [...rows, { name, unit: '×', runs: { pm: [growth] }, budget: atMost(mostGrowth) }];
}
