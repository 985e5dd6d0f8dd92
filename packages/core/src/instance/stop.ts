import type { Reason } from '../event/event.ts';
import type { Child } from '../os/spawner.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import { runHooks } from './hook-run.ts';
import { type AttemptScope, isOver } from './start.ts';
import type { InstanceView } from './view.ts';

export interface DrainOptions {
  readonly view: () => InstanceView;
  readonly reason: Reason;
  readonly onStep: (step: string) => void;
}

/**
 * What comes before the stop signal: pre_stop hooks, then the plugins' drain, together within the process's timeout.
 * Never rejects, and ends early when the process does: nothing here keeps the signal from being sent.
 */
export async function drain(
  { spec, context, going }: AttemptScope,
  { view, reason, onStep }: DrainOptions,
): Promise<void> {
  const { clock, hooks } = context.ports;
  const limitMs = spec.shutdown.timeoutMs;
  const limit = clock.after(limitMs, () => going.abort(isOver));
  const { preStop } = spec.hooks;
  if (preStop.length > 0) {
    onStep(`pre_stop hook ${preStop.map((hook) => hook.name).join(', ')}`);
    await runHooks(preStop, { ...context, signal: going.signal });
  }
  if (!going.aborted) {
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
export async function sendStop({ spec, context, after }: AttemptScope, child: Child): Promise<string | undefined> {
  const { stopCommand, timeoutMs, signal } = spec.shutdown;
  if (stopCommand === undefined) {
    signalStop(spec, child);
    return undefined;
  }
  const hook = {
    name: `${spec.name}:stop`,
    command: stopCommand,
    timeoutMs,
    retry: 0,
    retryDelayMs: 0,
    continueOnError: false,
    env: { PM_PID: String(child.pid) },
  };
  const outcome = await runHooks([hook], { ...context, signal: after.signal });
  // false: it has ended meanwhile, which is what was wanted.
  if (outcome.ok || !signalStop(spec, child)) return undefined;
  return `stop_command: ${outcome.message ?? 'failed'}; ${signal} was sent instead`;
}

function signalStop({ shutdown }: ProcessSpec, child: Child): boolean {
  const sent = child.signal(shutdown.signal, shutdown.killMode);
  child.signal('SIGCONT', shutdown.killMode);
  return sent;
}
