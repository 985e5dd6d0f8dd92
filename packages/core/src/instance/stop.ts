import type { Reason } from '../event/event.ts';
import type { Child } from '../os/spawner.ts';
import type { Attempt } from './attempt.ts';
import { runHooks } from './hook-run.ts';
import type { InstanceView } from './view.ts';

export interface DrainOptions {
  readonly view: () => InstanceView;
  readonly reason: Reason;
  readonly onStep: (step: string) => void;
  readonly warn: (message: string) => void;
}

/**
 * What comes before the stop signal: pre_stop hooks, then the plugins' drain, together within the process's timeout.
 * Never rejects, and ends early when the process does: nothing here keeps the signal from being sent.
 */
export async function drainAttempt(attempt: Attempt, { view, reason, onStep, warn }: DrainOptions): Promise<void> {
  const { spec, context, going } = attempt;
  const { clock, hooks } = context.ports;
  const limitMs = spec.shutdown.timeoutMs;
  const limit = clock.after(limitMs, () => going.abort());
  const { preStop } = spec.hooks;
  if (preStop.length > 0) {
    onStep(`pre_stop hook ${preStop.map((hook) => hook.name).join(', ')}`);
    const outcome = await runHooks(preStop, { ...context, signal: going.signal });
    if (!outcome.ok && !attempt.ended) warn(`pre_stop: ${outcome.message ?? 'failed'}`);
  }
  if (!attempt.ended) {
    onStep('drain');
    await hooks.stopping(view(), reason, { limitMs, signal: going.signal });
  }
  limit.cancel();
}

/**
 * Asks a process to end: its stop command, or its stop signal. SIGCONT follows, because a process that is
 * suspended would get its signal only when it is killed (s6-svc -d and systemd do the same).
 *
 * @returns what was wrong with the stop command, after which the signal was sent instead.
 */
export async function sendStop(attempt: Attempt, child: Child): Promise<string | undefined> {
  const { stopCommand, timeoutMs, signal } = attempt.spec.shutdown;
  if (stopCommand === undefined) {
    signalStop(attempt, child);
    return undefined;
  }
  const hook = {
    name: `${attempt.spec.name}:stop`, command: stopCommand, timeoutMs,
    retry: 0, retryDelayMs: 0, continueOnError: false, env: { PM_PID: String(child.pid) },
  };
  // The drain may have used up its time; the stop command has its own.
  const stopping = new AbortController();
  void child.ended.then(() => stopping.abort());
  const outcome = await runHooks([hook], { ...attempt.context, signal: AbortSignal.any([stopping.signal, attempt.after.signal]) });
  if (outcome.ok || attempt.ended) return undefined;
  signalStop(attempt, child);
  return `stop_command: ${outcome.message ?? 'failed'}; ${signal} was sent instead`;
}

function signalStop({ spec: { shutdown } }: Attempt, child: Child): void {
  child.signal(shutdown.signal, shutdown.killMode);
  child.signal('SIGCONT', shutdown.killMode);
}
