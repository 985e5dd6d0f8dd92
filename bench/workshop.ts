import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Programs, programsOf } from './programs.ts';
import { type Run, type RunRequest, startRun } from './run.ts';
import { createPm } from './supervisors/pm.ts';
import type { Load, Supervisor } from './supervisors/supervisor.ts';

export interface WorkshopOptions {
  /** Path of pm.js. */
  readonly pm: string;
  readonly peers: readonly Supervisor[];
  /** Path of the Node that pm runs on. */
  readonly node: string;
  readonly quick: boolean;
}

export interface StartOptions extends Omit<Load, 'program'> {
  /** BENCH_POUR of programs/service.c. */
  readonly pour?: string;
  readonly readerRate?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where measurements are made: who is measured, how thoroughly, and what has to be tidied up. */
export interface Workshop {
  readonly pm: Supervisor;
  readonly peers: readonly Supervisor[];
  /** pm and its peers, in the order in which each round measures them. */
  readonly supervisors: readonly Supervisor[];
  readonly node: string;
  readonly quick: boolean;
  /** Holds the compiled programs; removed at the end. */
  readonly folder: string;
  readonly programs: Programs;
  /** Starts a supervisor with `count` services. */
  start(supervisor: Supervisor, options: StartOptions): Run;
  /** Starts any program in the same surroundings. */
  startProgram(argv: RunRequest['argv'], env?: Readonly<Record<string, string>>): Run;
  /** Says on stderr what is being done. */
  tell(text: string): void;
  /** Ends whatever still runs and removes every file. Idempotent. */
  close(): Promise<void>;
}

export function createWorkshop({ pm: path, peers, node, quick }: WorkshopOptions): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'pm-bench-'));
  const programs = programsOf(folder);
  const pm = createPm(node, path);
  const runs: Run[] = [];
  const makeFolder = (): string => {
    const made = join(folder, `run-${runs.length}`);
    mkdirSync(made);
    return made;
  };
  const begin = (request: Omit<RunRequest, 'programs'>): Run => {
    const run = startRun({ ...request, programs });
    runs.push(run);
    return run;
  };
  return {
    pm,
    peers,
    node,
    quick,
    folder,
    programs,
    supervisors: [pm, ...peers],
    start(supervisor, { pour, readerRate, env, ...load }) {
      const own = makeFolder();
      const { argv, env: needed } = supervisor.configure(own, { ...load, program: programs.service });
      return begin({
        folder: own,
        argv,
        readerRate,
        env: { ...needed, ...env, ...(pour === undefined ? {} : { BENCH_POUR: pour }) },
      });
    },
    startProgram: (argv, env = {}) => begin({ folder: makeFolder(), argv, env }),
    tell: (text) => void process.stderr.write(`${text}\n`),
    async close() {
      await Promise.all(runs.map((run) => run.close()));
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
