import { spawnSync } from 'node:child_process';
import { root } from './workspace.ts';

/** Runs a command in the root with the terminal of its caller. Throws when it does not end with 0. */
export function run(command: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}): void {
  const ended = tryRun(command, args, options);
  if (ended !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${ended}`);
}

/** The same, answering the exit code (or the name of the signal, or the reason it could not start). */
export function tryRun(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): number | string {
  const ended = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: options.env ?? process.env });
  return ended.error?.message ?? ended.status ?? ended.signal ?? 'an unknown end';
}
