import { isatty } from 'node:tty';
import type { CliContext } from './context.ts';
import type { EarlySignals } from './entry/early-signals.ts';
import { isRun, main } from './main.ts';
import { createWriter } from './writer.ts';

/** Joins the command line with the process it runs in: the only file beside the entry that knows `process`. */
export async function boot(early: EarlySignals): Promise<void> {
  const context = createContext();
  if (!isRun(context.argv)) restoreSignals(early);
  process.exitCode = await main(context, early);
}

function createContext(): CliContext {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    node: { version: process.versions.node, path: process.execPath, arch: process.arch },
    stdout: createWriter(1, () => isatty(1)),
    stderr: createWriter(2, () => isatty(2)),
  };
}

/** Every verb but run ends by a signal as any program does. */
function restoreSignals(early: EarlySignals): void {
  early.release();
  early.onStop((signal) => process.kill(process.pid, signal));
}
