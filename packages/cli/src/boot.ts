import { isatty } from 'node:tty';
import { pathToFileURL } from 'node:url';
import type { CliContext } from './context.ts';
import type * as Daemon from './daemon.ts';
import type { Loader } from './entry/code-cache.ts';
import type { EarlySignals } from './entry/early-signals.ts';
import { isRun, main } from './main.ts';
import type * as Program from './program.ts';
import { createWriter } from './writer.ts';

/** Joins the command line with the process it runs in: the only file beside the entry that knows `process`. */
export async function boot(early: EarlySignals, loader: Loader, corePath: string): Promise<void> {
  const context = createContext(corePath, loader);
  if (!isRun(context.argv)) restoreSignals(early);
  const code = await main(context, early, {
    daemon: async () => loader.load('daemon.js') as typeof Daemon,
    program: async () => loader.load('verbs.js') as typeof Program,
  });
  loader.save('part');
  end(code);
}

function createContext(corePath: string, loader: Loader): CliContext {
  return {
    argv: process.argv.slice(2),
    // A copy: each look into `process.env` itself asks the C library, and a boot goes through all of it several times.
    env: { ...process.env },
    cwd: process.cwd(),
    pid: process.pid,
    node: { version: process.versions.node, path: process.execPath, arch: process.arch },
    hasTerminal: isatty(0),
    coreUrl: pathToFileURL(corePath).href,
    importModule: (url) => import(url),
    onRunning: () => {
      loader.save('whole');
      preferMemory(process.constrainedMemory());
    },
    stdout: createWriter(1, () => isatty(1)),
    stderr: createWriter(2, () => isatty(2)),
  };
}

/** Every verb but run ends by a signal as any program does. */
function restoreSignals(early: EarlySignals): void {
  early.release();
  early.onStop((signal) => process.kill(process.pid, signal));
}

const smallContainer = 512 * 1024 * 1024;

/**
 * V8 fixes its heap limit when it starts, from the container's memory but never below 256 MiB, and no flag set later
 * changes it (measured on Node 24); a second start with another limit costs 25 ms. What a flag can still do is to
 * make it collect early: after a burst of garbage 15 MB stay instead of 78, for twice the time of that burst. It comes
 * after the boot, because code kept by a V8 with other flags is not accepted.
 */
function preferMemory(memory: number): void {
  if (memory > 0 && memory < smallContainer)
    process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size');
}

/**
 * Ends now, whatever timers or sockets a plugin left open and whatever it does on `exit`: all that had to be written is
 * written.
 */
function end(code: number): never {
  return (process as unknown as { reallyExit(code: number): never }).reallyExit(code);
}
