import { PluginError } from '../errors.ts';
import type { Clock } from '../os/clock.ts';
import type { TapOwner } from './owner.ts';
import type { PluginFailure } from './payloads.ts';

export interface FailurePorts {
  readonly clock: Clock;
  /** Told of each failure until the plugin is muted. */
  readonly report: (error: PluginError) => void;
  /** Told once when a plugin is muted. */
  readonly muted?: (plugin: string, failures: number) => void;
  /** Failures within the window that mute a plugin. Default 5. */
  readonly muteAfter?: number;
  /** Milliseconds. Default 60 s. */
  readonly windowMs?: number;
}

/** Counts what plugins do wrong. */
export interface Failures {
  /** Counts and reports one failure; returns the error stamped with the plugin and the hook. */
  add(owner: TapOwner, hook: string, cause: unknown): PluginError;
}

/** `fire` passes failures on to the taps of `plugin.failed`. */
export function createFailures(ports: FailurePorts, fire: (failure: PluginFailure) => void): Failures {
  const { clock, report, muted, muteAfter = 5, windowMs = 60_000 } = ports;
  return {
    add(owner, hook, cause) {
      const error = toPluginError(owner.plugin, hook, cause);
      const wasMuted = owner.muted;
      owner.failures = countFailure(owner.failures, clock.monotonic(), windowMs, muteAfter);
      owner.muted ||= owner.failures.length >= muteAfter;
      if (wasMuted) return error;
      report(error);
      if (owner.muted) muted?.(owner.plugin, owner.failures.length);
      // A failing tap of `plugin.failed` would call itself for ever.
      if (hook !== 'plugin.failed') fire(toFailure(error, owner));
      return error;
    },
  };
}

/** The failures within the window, with one more; never more than `limit` are kept. */
export function countFailure(
  failures: readonly number[],
  now: number,
  windowMs: number,
  limit: number,
): readonly number[] {
  return [...failures.filter((at) => now - at < windowMs), now].slice(-limit);
}

function toFailure(error: PluginError, owner: TapOwner): PluginFailure {
  return { plugin: error.plugin, hook: error.hook, message: error.message, code: error.code, muted: owner.muted };
}

/** Stamps an error with the plugin and the hook (or step) it came from. An error stamped with the plugin keeps its own words. */
export function toPluginError(plugin: string, hook: string, cause: unknown): PluginError {
  if (cause instanceof PluginError && cause.plugin === plugin) return cause;
  const message = `plugin "${plugin}" failed in ${hook}: ${toMessage(cause)}`;
  return new PluginError(
    'PM_PLUGIN_FAILED',
    message,
    { plugin, hook },
    {
      hint: `Fix the plugin or its options, or switch it off with "${plugin}: false" under plugins.`,
      cause,
    },
  );
}

/** Anything can be thrown, also things whose `toString` throws. */
function toMessage(cause: unknown): string {
  try {
    // Of an error that was tampered with the message may be anything.
    const message: unknown = cause instanceof Error ? cause.message || cause.name : `threw ${String(cause)}`;
    return String(message).slice(0, 2000);
  } catch {
    return 'threw a value that cannot be shown';
  }
}
