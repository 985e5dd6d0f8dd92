import { arch, cpus, release } from 'node:os';
import { measureFootprint } from './measurements/footprint.ts';
import { measureGrowth } from './measurements/growth.ts';
import { measureLife } from './measurements/life.ts';
import { measureSlowReader } from './measurements/slow-reader.ts';
import { measureThroughput } from './measurements/throughput.ts';
import { parseOptions, usage, type Options, type Part } from './options.ts';
import { preparePeers } from './peers.ts';
import { compilePrograms } from './programs.ts';
import { isBehind, type Row } from './row.ts';
import { buildPm, findBareNode } from './build.ts';
import { toTable } from './table.ts';
import { createWorkshop, type Workshop } from './workshop.ts';

const measurements: Readonly<Record<Part, (workshop: Workshop) => Promise<Row[]>>> = {
  life: measureLife,
  footprint: measureFootprint,
  growth: measureGrowth,
  throughput: measureThroughput,
  'slow-reader': measureSlowReader,
};

/** Measures, prints, and resolves to 0 when every budget is kept, 1 when one is not, 64 for a wrong command line. */
async function runBench(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    console.error(usage);
    return 64;
  }
  const workshop = await openWorkshop(options);
  try {
    const rows: Row[] = [];
    for (const part of options.parts) rows.push(...(await measurements[part](workshop)));
    console.log(options.json ? JSON.stringify({ machine: describeMachine(), rows }, undefined, 2) : toReport(rows));
    return rows.some(isBehind) ? 1 : 0;
  } finally {
    await workshop.close();
  }
}

async function openWorkshop(options: Options): Promise<Workshop> {
  const pm = options.pm ?? buildPm();
  const peers = preparePeers(options.peers);
  const workshop = createWorkshop({ pm, peers, node: findBareNode(), quick: options.quick });
  compilePrograms(workshop.folder);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void workshop.close().finally(() => process.exit(130)));
  }
  return workshop;
}

function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model ?? 'unknown'}, Linux ${release()}, ${arch()}, Node ${process.versions.node}`;
}

function toReport(rows: readonly Row[]): string {
  const behind = rows.filter(isBehind).length;
  const verdict = behind === 0 ? 'Every budget is kept.' : `${behind} behind the budget.`;
  return `${describeMachine()}\n\n${toTable(rows)}\n${verdict}`;
}

process.exitCode = await runBench(process.argv.slice(2));
