import type { CommandOptions } from '@pm-supervisor/client';
import { readDuration } from '@pm-supervisor/core';
import type { Command } from 'commander';
import { UsageError } from '../usage-error.ts';

/** As long as a process waits for what it depends on. */
const defaultWait = '5m';

/** Adds the options that say how long a command waits for the final state. */
export function declareWait(command: Command): Command {
  return command
    .option('--timeout <DURATION>', `wait for the final state at most this long: 30s, 2m (default: ${defaultWait})`)
    .option('--no-wait', 'return when the command is accepted');
}

/** What the options of `declareWait` mean. Throws UsageError. */
export function toWait({ wait, timeout }: Readonly<Record<string, unknown>>): CommandOptions {
  return { waitMs: wait === false ? 0 : toDuration('--timeout', timeout ?? defaultWait) };
}

/** A duration of the command line in milliseconds. Throws UsageError. */
export function toDuration(option: string, value: unknown): number {
  const reading = readDuration(value);
  if (reading.ok) return reading.value;
  throw new UsageError(`${option}: ${reading.message}`, reading.hint);
}
