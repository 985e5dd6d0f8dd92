import { pathToFileURL } from 'node:url';
import { isTerminal } from '@pm-supervisor/core';
import type { CliContext } from './context.ts';
import type { Entry } from './entry/entry.ts';
import { keepCode } from './keep-code.ts';
import { createWriter } from './writer.ts';

/** Joins one half of pm with the process it runs in: beside the entry the only file that knows `process`. */
export async function boot(entry: Entry, run: (context: CliContext) => Promise<number>): Promise<never> {
  const code = await run(createContext(entry));
  keepCode(entry.loader, 'part');
  return end(code);
}

function createContext({ loader, corePath, importModule }: Entry): CliContext {
  return {
    argv: process.argv.slice(2),
    // A copy: each look into `process.env` itself asks the C library, and a boot goes through all of it several times.
    env: { ...process.env },
    cwd: process.cwd(),
    pid: process.pid,
    node: { version: process.versions.node, path: process.execPath, arch: process.arch },
    hasTerminal: isTerminal(0),
    coreUrl: pathToFileURL(corePath).href,
    importModule,
    onRunning: () => {
      keepCode(loader, 'whole');
      preferMemory(process.constrainedMemory());
    },
    stdout: createWriter(1, () => isTerminal(1)),
    stderr: createWriter(2, () => isTerminal(2)),
  };
}

/** Every verb but run ends by a signal as any program does. */
export function restoreSignals({ early }: Entry): void {
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
