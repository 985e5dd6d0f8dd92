import type { LogLevel } from '../plan/spec.ts';
import type { LogStream } from './record.ts';

const ranks: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };

/** true: `level` is as serious as `least`, or more. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return ranks[level] >= ranks[least];
}

/**
 * The level of a line that nobody looked into. `info` for stdout, `warn` for stderr: many programs write their normal
 * records to stderr (nginx notices, Go, Python), so `error` would raise alarms, and `info` would make `min_level: warn`
 * hide all there is. Detection by content belongs to a plugin, which sets `record.level`.
 */
export function levelOf(stream: LogStream): LogLevel {
  return stream === 'stdout' ? 'info' : 'warn';
}
