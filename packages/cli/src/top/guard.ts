import { execFileSync, spawn } from 'node:child_process';

/** Waits for the end of its standard input, which is ours, then gives the terminal back. */
const script = 'read -r _; stty "$1" <&1; printf %s "$2"';

/**
 * Has the terminal given back also where this process cannot do it: killed by SIGKILL, or out of memory. A shell of its
 * own session waits for that, with the settings of now and the text that undoes the rest. Returns the way to send it away.
 * Without sh and stty there is none, and `reset` helps.
 */
export function guardTerminal(giveBack: string): () => void {
  const settings = readSettings();
  if (settings === undefined) return () => undefined;
  const guard = spawn('sh', ['-c', script, 'sh', settings, giveBack], {
    stdio: ['pipe', 'inherit', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined).unref();
  guard.stdin.on('error', () => undefined);
  return () => void guard.kill('SIGKILL');
}

function readSettings(): string | undefined {
  try {
    return execFileSync('stty', ['-g'], {
      stdio: ['inherit', 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: 1000,
    }).trim();
  } catch {
    return undefined;
  }
}
