import { atMost, median, type Row } from '../row.ts';
import type { Workshop } from '../workshop.ts';
import { timeLife } from './life.ts';

const sizes = [250, 500, 1000] as const;
/** Four times as many may take so many times as long; more than four is the machine's noise and its page tables. */
const mostGrowth = 5;

/** Whether anything grows faster than the number of services does. */
export async function measureGrowth(workshop: Workshop): Promise<Row[]> {
  const rounds = workshop.quick ? 1 : 3;
  const starts = sizes.map((): number[] => []);
  const stops = sizes.map((): number[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, size] of sizes.entries()) {
      workshop.tell(`${size} services, round ${round}`);
      const { startMs, stopMs } = await timeLife(workshop, workshop.pm, size);
      starts[index]?.push(startMs);
      stops[index]?.push(stopMs);
    }
  }
  return [...toRows('start', starts), ...toRows('stop', stops)];
}

function toRows(step: string, runs: readonly (readonly number[])[]): Row[] {
  const rows = sizes.map((size, index): Row => ({
    name: `${step} of ${size}`,
    unit: 'ms',
    runs: { pm: runs[index] ?? [] },
  }));
  const growth = median(runs.at(-1) ?? []) / median(runs[0] ?? []);
  return [...rows, { name: `${step}: 1000 over 250`, unit: '×', runs: { pm: [growth] }, budget: atMost(mostGrowth) }];
}
