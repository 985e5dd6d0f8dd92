import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTraffic } from '../proc.ts';
import { atMost, type Row } from '../row.ts';
import type { Run } from '../run.ts';
import type { Workshop } from '../workshop.ts';

const writers = 5;
const readerRate = 2_000_000;
const bytesEach = 120 * 250_000;

/** Five writers that could fill memory in seconds, and a reader of 2 MB/s. */
export async function measureSlowReader(workshop: Workshop): Promise<Row[]> {
  workshop.tell('slow reader');
  const lagFile = join(workshop.folder, 'lag');
  const run = workshop.start(workshop.pm, {
    count: writers,
    pour: `65536 ${bytesEach}`,
    logFormat: 'raw',
    readerRate,
    env: { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../loop-lag.mjs')}`, BENCH_LAG: lagFile },
  });
  try {
    return await watch(run, lagFile, workshop.quick ? 5000 : 15_000);
  } finally {
    await run.close();
  }
}

async function watch(run: Run, lagFile: string, forMs: number): Promise<Row[]> {
  const started = await run.until('started', writers);
  // The probe forgets the boot.
  await sleep(1500);
  const before = readTraffic(run.pid);
  for (const { pid } of started) process.kill(pid, 'SIGUSR1');
  const buffered = await sampleBuffered(run, before, forMs);
  const lagMs = Number(readFileSync(lagFile, 'utf8'));
  const lost = await countLost(run);
  return [
    { name: 'slow reader: most buffered', unit: 'kB', runs: { pm: [buffered / 1000] }, budget: atMost(1000) },
    { name: 'slow reader: loop held up', unit: 'ms', runs: { pm: [lagMs] }, budget: atMost(10) },
    { name: 'slow reader: lines lost', unit: '', runs: { pm: [lost] }, budget: atMost(0) },
  ];
}

/** `raw` writes what it reads: the difference is what it holds. */
async function sampleBuffered({ pid }: Run, before: ReturnType<typeof readTraffic>, forMs: number): Promise<number> {
  let most = 0;
  for (let passed = 0; passed < forMs; passed += 10) {
    await sleep(10);
    const now = readTraffic(pid);
    most = Math.max(most, now.read - before.read - (now.written - before.written));
  }
  return most;
}

/** Lets the reader go, waits for everything, stops, and compares. */
async function countLost(run: Run): Promise<number> {
  process.kill(run.readerPid, 'SIGUSR1');
  await run.until('poured', writers, 120_000);
  run.signal('SIGTERM');
  await run.ended;
  const [lines] = await run.records.until('read-lines', 1);
  return (writers * bytesEach) / 120 - (lines?.count ?? 0);
}
