import type { Clock } from '../os/clock.ts';
import type { LogLevel } from '../plan/spec.ts';
import { isAtLeast } from './level.ts';
import type { Logger } from './pipeline.ts';
import type { OwnRecord } from './sinks/format.ts';

/** The supervisor's own voice. */
export interface OwnLog {
  readonly logger: Logger;
  /** Resolves when no record waits for its format to be loaded. */
  settled(): Promise<void>;
}

export interface OwnLogPorts {
  readonly clock: Clock;
  readonly leastLevel: () => LogLevel;
  /** false: what formats records has to be loaded first; they wait, in order. */
  readonly isReady: () => boolean;
  /** Never rejects. */
  readonly load: () => Promise<void>;
  readonly write: (record: OwnRecord) => void;
}

/** Loading takes milliseconds. Whoever logs more than this meanwhile (a plugin in a loop) loses the rest. */
const mostPending = 10_000;

export function createOwnLog({ clock, leastLevel, isReady, load, write }: OwnLogPorts): OwnLog {
  let pending: OwnRecord[] = [];
  let loading: Promise<void> | undefined;

  const settle = (): void => {
    loading = undefined;
    const waited = pending;
    pending = [];
    waited.forEach(write);
  };
  const wait = (record: OwnRecord): void => {
    if (pending.length < mostPending) pending.push(record);
    loading ??= load().then(settle);
  };
  const log =
    (level: LogLevel): Logger[LogLevel] =>
    (message, fields = {}) => {
      if (!isAtLeast(level, leastLevel())) return;
      // Copied: whoever logs may change its object afterwards.
      const record = { time: clock.now(), level, message, fields: { ...fields } };
      if (loading === undefined && isReady()) write(record);
      else wait(record);
    };
  return {
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    settled: () => loading ?? Promise.resolve(),
  };
}
