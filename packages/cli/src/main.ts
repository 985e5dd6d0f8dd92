import type { CliContext } from './context.ts';
import type * as Daemon from './daemon.ts';
import type { EarlySignals } from './entry/early-signals.ts';
import type * as Program from './program.ts';

/** The two halves of pm, of which a start loads one. */
export interface Halves {
  daemon(): Promise<Pick<typeof Daemon, 'runDaemon'>>;
  program(): Promise<Pick<typeof Program, 'runProgram'>>;
}

/**
 * Does what the command line asks for and resolves to the exit code. Failures a user can cause are told
 * on stderr; this never rejects.
 */
export async function main(context: CliContext, early: EarlySignals, halves: Halves): Promise<number> {
  if (isRun(context.argv)) return (await halves.daemon()).runDaemon(context, early);
  return (await halves.program()).runProgram(context);
}

/** `pm`, `pm run …`, and `pm` followed by options of run are the daemon; `-h` and `-V` alone are questions about pm. */
export function isRun([first]: readonly string[]): boolean {
  if (first === undefined || first === 'run') return true;
  return first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first);
}
