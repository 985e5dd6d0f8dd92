import type { Child } from '../os/spawner.ts';
import type { Attempt } from './attempt.ts';
import { runHooks } from './hook-run.ts';

/**
 * Asks a process to end: its stop command, or its stop signal. SIGCONT follows, because a process that is
 * suspended would get its signal only when it is killed (s6-svc -d and systemd do the same).
 *
 * @returns what was wrong with the stop command, after which the signal was sent instead.
 */
export async function sendStop(attempt: Attempt, child: Child): Promise<string | undefined> {
  const { stopCommand, timeoutMs } = attempt.spec.shutdown;
  if (stopCommand === undefined) {
    signalStop(attempt, child);
    return undefined;
  }
  const hook = {
    name: `${attempt.spec.name}:stop`, command: stopCommand, timeoutMs,
    retry: 0, retryDelayMs: 0, continueOnError: false, env: { PM_PID: String(child.pid) },
  };
  const outcome = await runHooks([hook], { ...attempt.context, signal: attempt.going.signal });
  if (outcome.ok || attempt.ended) return undefined;
  signalStop(attempt, child);
  return outcome.message ?? 'failed';
}

function signalStop({ spec: { shutdown } }: Attempt, child: Child): void {
  child.signal(shutdown.signal, shutdown.killMode);
  child.signal('SIGCONT', shutdown.killMode);
}
