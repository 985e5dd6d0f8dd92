import type { Start } from '../supervisors/supervisor.ts';
import type { Workshop } from '../workshop.ts';

/** One run of a program. */
export interface ProgramFigures {
  /** From its exec to its end. */
  readonly ms: number;
  /** What it wrote. */
  readonly bytes: number;
}

/** Runs a program to its end. */
export async function timeProgram(workshop: Workshop, { argv, env }: Start): Promise<ProgramFigures> {
  const run = workshop.startProgram(argv, env);
  try {
    const ended = await run.ended;
    const [[exec], [read]] = await Promise.all([run.records.until('exec', 1), run.records.until('read-bytes', 1)]);
    return { ms: ended - (exec?.atMs ?? NaN), bytes: read?.count ?? NaN };
  } finally {
    await run.close();
  }
}
