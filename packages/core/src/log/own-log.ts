import type { Clock } from '../os/clock.ts';
import type { LogLevel } from '../plan/spec.ts';
import { isAtLeast } from './level.ts';
import type { Logger } from './pipeline.ts';
import type { OwnRecord } from './sinks/format.ts';

/** The supervisor's own voice. */
export interface OwnLog {
  readonly logger: Logger;
  /** Resolves when no record waits to be formatted. */
  settled(): Promise<void>;
  /** false: nothing waits. */
  isWaiting(): boolean;
  /** Writes what waits, if it can be formatted: what comes after it must not pass it by. */
  catchUp(): void;
}

export interface OwnLogPorts {
  readonly clock: Clock;
  readonly leastLevel: () => LogLevel;
  /** false: what formats records has to be loaded first. */
  readonly isReady: () => boolean;
  /** Resolves at the end of the turn, and when what formats records is loaded. Never rejects. */
  readonly untilReady: () => Promise<void>;
  readonly write: (record: OwnRecord) => void;
}

/** More than this never wait. Whoever logs more while the format is loaded (a plugin in a loop) loses the rest. */
const mostPending = 10_000;

/**
 * Records are formatted at the end of the turn that made them, or before the next output of a service: first what they tell
 * of goes on, and between an end and the next start are several of them (0.15 of 2 ms).
 */
export function createOwnLog({ clock, leastLevel, isReady, untilReady, write }: OwnLogPorts): OwnLog {
  let pending: OwnRecord[] = [];
  let waiting: Promise<void> | undefined;

  const writeAll = (): void => {
    const waited = pending;
    pending = [];
    waited.forEach(write);
  };
  const wait = (record: OwnRecord): void => {
    if (pending.length === mostPending && isReady()) writeAll();
    if (pending.length < mostPending) pending.push(record);
    waiting ??= untilReady().then(() => {
      waiting = undefined;
      writeAll();
    });
  };
  const log =
    (level: LogLevel): Logger[LogLevel] =>
    (message, fields = {}) => {
      if (!isAtLeast(level, leastLevel())) return;
      // Copied: whoever logs may change its object afterwards.
      wait({ time: clock.now(), level, message, fields: { ...fields } });
    };
  return {
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    settled: () => waiting ?? Promise.resolve(),
    isWaiting: () => waiting !== undefined,
    catchUp() {
      if (pending.length > 0 && isReady()) writeAll();
    },
  };
}
