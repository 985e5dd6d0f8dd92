import { PluginError } from '../errors.ts';
import { runAsPlugin } from '../hooks/attribution.ts';
import { type Clock, sleepOn, type Timer } from '../os/clock.ts';
import type { ScopePorts } from './scope.ts';

export interface ScopedClock extends Clock {
  /** Cancels every timer that is armed. */
  cancelAll(): void;
}

/** No plugin needs more at once; a leak in a loop ends here and is named, instead of eating the memory of PID 1. */
const timerLimit = 10_000;

/** The clock as one plugin has it: its timers are known, end with it, and cannot throw into the supervisor. */
export function createScopedClock({
  clock,
  owner,
  hooks,
  signal,
}: Pick<ScopePorts, 'clock' | 'owner' | 'hooks' | 'signal'>): ScopedClock {
  const timers = new Set<Timer>();
  const { plugin } = owner;

  const after = (delayMs: number, callback: () => void): Timer => {
    if (owner.disposed) return { cancel: () => undefined };
    if (timers.size >= timerLimit) {
      throw new PluginError(
        'PM_PLUGIN_FAILED',
        `plugin "${plugin}" has ${timerLimit} timers armed`,
        { plugin, hook: 'clock' },
        {
          hint: 'Cancel timers that are not needed any more.',
        },
      );
    }
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      try {
        runAsPlugin(plugin, callback);
      } catch (cause) {
        hooks.blame(owner, 'timer', cause);
      }
    });
    timers.add(timer);
    return { cancel: () => (timers.delete(timer), timer.cancel()) };
  };

  return {
    monotonic: () => clock.monotonic(),
    now: () => clock.now(),
    after,
    sleep: (delayMs, own) => sleepOn({ after }, delayMs, own === undefined ? signal : AbortSignal.any([own, signal])),
    cancelAll() {
      for (const timer of timers) timer.cancel();
      timers.clear();
    },
  };
}
