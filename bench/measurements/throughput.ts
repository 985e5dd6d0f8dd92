import { setTimeout as sleep } from 'node:timers/promises';
import { readTraffic } from '../proc.ts';
import { atLeast, median, type Row, type Subject } from '../row.ts';
import type { Run } from '../run.ts';
import type { StartOptions, Workshop } from '../workshop.ts';
import { note, type Runs } from './runs.ts';

const formats = ['raw', 'text', 'json'] as const;
const gibibyte = 1024 ** 3;
/** What C's stdio writes to a pipe at once. */
const block = 4096;

/** How fast services' output gets through. `cat` between the same two pipes is what the machine can do at all. */
export async function measureThroughput(workshop: Workshop): Promise<Row[]> {
  const bytes = workshop.quick ? gibibyte / 8 : gibibyte;
  const [byFormat, writers]: [Record<(typeof formats)[number], Runs>, Runs] = [{ raw: {}, text: {}, json: {} }, {}];
  for (let round = 0; round < (workshop.quick ? 1 : 5); round++) {
    workshop.tell(`output, round ${round + 1}`);
    const bulk = { count: 1, pour: `${block} ${bytes}` };
    const cat = await timeCat(workshop, bytes);
    const plain = await timePeer(workshop, 'supervisord', bulk);
    for (const format of formats) {
      note(byFormat[format], 'cat', cat);
      if (plain !== undefined) note(byFormat[format], 'supervisord', plain);
      note(byFormat[format], 'pm', await timePour(workshop.start(workshop.pm, { ...bulk, logFormat: format }), 1));
    }
    await timeWriters(workshop, writers, bytes / 8);
  }
  return [...formats.map((format) => toRow(format, byFormat[format])), toWritersRow(writers)];
}

/** Ten services, a system call a line. */
async function timeWriters(workshop: Workshop, runs: Runs, bytes: number): Promise<void> {
  const load = { count: 10, pour: `120 ${bytes / 10 - ((bytes / 10) % 120)}` };
  note(runs, 'pm', await timePour(workshop.start(workshop.pm, { ...load, logFormat: 'text' }), load.count));
  const peer = await timePeer(workshop, 'supervisord', load);
  if (peer !== undefined) note(runs, 'supervisord', peer);
}

async function timePeer(workshop: Workshop, name: Subject, load: StartOptions): Promise<number | undefined> {
  const peer = workshop.peers.find((known) => known.name === name);
  return peer === undefined ? undefined : timePour(workshop.start(peer, load), load.count);
}

async function timeCat(workshop: Workshop, bytes: number): Promise<number> {
  const { service } = workshop.programs;
  const script = `"${service}" | cat`;
  return timePour(workshop.startProgram(['/bin/sh', '-c', script], { BENCH_POUR: `${block} ${bytes}` }), 1);
}

/** MB (10⁶ bytes) of what services wrote, per second from the first one's first byte to the last one's last. */
async function timePour(run: Run, count: number): Promise<number> {
  try {
    const started = await run.until('started', count);
    for (const { pid } of started) process.kill(pid, 'SIGUSR1');
    const poured = await run.until('poured', count, 300_000);
    const pouring = run.records.of('pouring');
    const bytes = poured.reduce((sum, record) => sum + record.count, 0);
    const ms = Math.max(...poured.map(({ atMs }) => atMs)) - Math.min(...pouring.map(({ atMs }) => atMs));
    await untilRead(run, bytes);
    return bytes / 1000 / ms;
  } finally {
    await run.close();
  }
}

/** What was thrown away was fast. */
async function untilRead({ readerPid }: Run, bytes: number): Promise<void> {
  for (let step = 0; readTraffic(readerPid).read < bytes; step++) {
    if (step === 500) throw new Error(`of ${bytes} bytes only ${readTraffic(readerPid).read} were read within 5 s`);
    await sleep(10);
  }
}

const shares = { raw: 0.75, text: 0.4, json: 0.18 } as const;
const peerShares = { raw: 0, text: 1.6, json: 0.75 } as const;

function toRow(format: (typeof formats)[number], runs: Runs): Row {
  const [share, peerShare] = [shares[format], peerShares[format]];
  const byPeer = runs.supervisord === undefined ? 0 : peerShare * median(runs.supervisord);
  const text = `≥ ${share} × cat${peerShare === 0 ? '' : `, ${peerShare} × supervisord`}`;
  const budget = atLeast(Math.max(share * median(runs.cat ?? []), byPeer), text);
  return { name: `output, ${format}`, unit: 'MB/s', runs, budget };
}

function toWritersRow(runs: Runs): Row {
  const name = 'output, text, 10 line by line';
  if (runs.supervisord === undefined) return { name, unit: 'MB/s', runs };
  return { name, unit: 'MB/s', runs, budget: atLeast(6 * median(runs.supervisord), '≥ 6 × supervisord') };
}
