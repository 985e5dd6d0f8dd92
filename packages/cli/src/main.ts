import type { CliContext } from './context.ts';
import type { EarlySignals } from './entry/early-signals.ts';

/**
 * Does what the command line asks for and resolves to the exit code. Failures a user can cause are told
 * on stderr; this never rejects.
 */
export async function main(context: CliContext, early: EarlySignals): Promise<number> {
  try {
    if (isRun(context.argv)) {
      const { run } = await import('./verbs/run.ts');
      return await run(context, early);
    }
    const { runVerb } = await import('./program.ts');
    return await runVerb(context);
  } catch (error) {
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, context);
  }
}

/** `pm`, `pm run …`, and `pm` followed by options of run are the daemon; `-h` and `-V` alone are questions about pm. */
export function isRun([first]: readonly string[]): boolean {
  if (first === undefined || first === 'run') return true;
  return first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first);
}
