import { setTimeout as sleep } from 'node:timers/promises';
import { readTraffic } from '../proc.ts';
import { atLeast, median, type Row, type Subject } from '../row.ts';
import type { Run } from '../run.ts';
import type { StartOptions, Workshop } from '../workshop.ts';
import { note, type Runs } from './runs.ts';

const formats = ['raw', 'text', 'json'] as const;
type LogFormat = (typeof formats)[number];

/** How services write. */
interface Writing {
  readonly count: number;
  /** Bytes of one `write`, all of them lines of 120. */
  readonly block: number;
}

/** What C's stdio does with a pipe: it writes when 4 KiB are full. */
const blocks: Writing = { count: 1, block: 4096 };
/** What programs do that flush after each line: a system call a line, and as a rule somebody who is woken. */
const lines: Writing = { count: 1, block: 120 };
const tenLines: Writing = { count: 10, block: 120 };

const gibibyte = 1024 ** 3;

/**
 * How fast services' output gets through. `cat` in the place of the supervisor, one for each service, is what the machine
 * can do at all; for line by line writers that is far less, whoever reads them.
 */
export async function measureThroughput(workshop: Workshop): Promise<Row[]> {
  const bytes = workshop.quick ? gibibyte / 8 : gibibyte;
  const byFormat: Record<LogFormat, Runs> = { raw: {}, text: {}, json: {} };
  const [one, ten]: [Runs, Runs] = [{}, {}];
  for (let round = 0; round < (workshop.quick ? 1 : 5); round++) {
    workshop.tell(`output, round ${round + 1}`);
    await compare(workshop, { ...blocks, bytes }, byFormat);
    await compare(workshop, { ...lines, bytes: bytes / 2 }, { text: one });
    await compare(workshop, { ...tenLines, bytes: bytes / 2 }, { text: ten });
  }
  return [
    ...formats.map((format) => toRow(format, byFormat[format])),
    toLinesRow('output, text, line by line', one, 1.6),
    toLinesRow('output, text, 10 line by line', ten, 6),
  ];
}

interface Load extends Writing {
  /** Of all services together. */
  readonly bytes: number;
}

/** One after the other, so that what else the machine does falls on all alike. */
async function compare(workshop: Workshop, load: Load, formatRuns: Partial<Record<LogFormat, Runs>>): Promise<void> {
  const { count, block } = load;
  const options: StartOptions = { count, pour: `${block} ${toWholeLines(load.bytes / count)}` };
  const cat = await timeCat(workshop, options);
  const plain = await timePeer(workshop, 'supervisord', options);
  for (const [format, runs] of Object.entries(formatRuns)) {
    note(runs, 'cat', cat);
    if (plain !== undefined) note(runs, 'supervisord', plain);
    const logFormat = format as LogFormat;
    note(runs, 'pm', await timePour(workshop.start(workshop.pm, { ...options, logFormat }), count));
  }
}

function toWholeLines(bytes: number): number {
  return Math.floor(bytes / 120) * 120;
}

async function timePeer(workshop: Workshop, name: Subject, load: StartOptions): Promise<number | undefined> {
  const peer = workshop.peers.find((known) => known.name === name);
  return peer === undefined ? undefined : timePour(workshop.start(peer, load), load.count);
}

async function timeCat(workshop: Workshop, { count, pour = '' }: StartOptions): Promise<number> {
  const { service } = workshop.programs;
  const script = `${`"${service}" | cat & `.repeat(count)} wait`;
  return timePour(workshop.startProgram(['/bin/sh', '-c', script], { BENCH_POUR: pour }), count);
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

function toRow(format: LogFormat, runs: Runs): Row {
  const [share, peerShare] = [shares[format], peerShares[format]];
  const byPeer = runs.supervisord === undefined ? 0 : peerShare * median(runs.supervisord);
  const text = `≥ ${share} × cat${peerShare === 0 ? '' : `, ${peerShare} × supervisord`}`;
  const budget = atLeast(Math.max(share * median(runs.cat ?? []), byPeer), text);
  return { name: `output, ${format}`, unit: 'MB/s', runs, budget };
}

/** `share` of what supervisord does, which puts nothing before a line. */
function toLinesRow(name: string, runs: Runs, share: number): Row {
  if (runs.supervisord === undefined) return { name, unit: 'MB/s', runs };
  return { name, unit: 'MB/s', runs, budget: atLeast(share * median(runs.supervisord), `≥ ${share} × supervisord`) };
}
