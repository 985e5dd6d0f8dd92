import { arch, cpus, release } from 'node:os';
import { type Options, parseOptions, usage } from './options.ts';
import { preparePeers } from './peers.ts';
import { compilePrograms } from './programs.ts';
import { isBehind, type Row } from './row.ts';
import { buildPm, findBareNode } from './build.ts';
import { toTable } from './table.ts';
import { createWorkshop, type Workshop } from './workshop.ts';

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
    for (const measure of options.measurements) rows.push(...(await measure(workshop)));
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
