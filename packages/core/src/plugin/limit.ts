import { PluginError } from '../errors.ts';
import { runAsPlugin } from '../hooks/attribution.ts';
import { toPluginError } from '../hooks/failures.ts';
import type { Clock } from '../os/clock.ts';

export interface StepOptions {
  readonly clock: Clock;
  readonly plugin: string;
  /** `setup`, `layer`, `dispose`: for the message. */
  readonly step: string;
  /** Milliseconds. */
  readonly limitMs: number;
}

/**
 * Runs one step of a plugin's life under its name. Rejects with PluginError when it throws, rejects, or is not done
 * within the limit; what it does after that is its own affair.
 */
export async function runStep<T>(
  { clock, plugin, step, limitMs }: StepOptions,
  code: () => T | Promise<T>,
): Promise<T> {
  const expired = Promise.withResolvers<never>();
  const timer = clock.after(limitMs, () => expired.reject(toExpired(plugin, step, limitMs)));
  try {
    return await Promise.race([runAsPlugin(plugin, async () => code()), expired.promise]);
  } catch (cause) {
    throw toPluginError(plugin, step, cause);
  } finally {
    timer.cancel();
  }
}

function toExpired(plugin: string, step: string, limitMs: number): PluginError {
  return new PluginError(
    'PM_PLUGIN_FAILED',
    `plugin "${plugin}" did not finish ${step} within ${limitMs / 1000} s`,
    { plugin, hook: step },
    {
      hint: `Do less in ${step}, or later: in a hook, or behind a timer of pm.clock.`,
    },
  );
}
