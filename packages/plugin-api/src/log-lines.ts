import type { KeptLine, LogFeed } from '@pm-supervisor/core';
import { toMoment } from './moment.ts';
import type { LogLine } from './routes/bodies.ts';

/** Which lines are asked for. */
export interface LogQuery {
  /** undefined: all instances, and the supervisor. */
  readonly instances: ReadonlySet<string> | undefined;
  readonly limit: number;
  /** Milliseconds since the epoch; lines of this moment are among those asked for. */
  readonly since: number | undefined;
  readonly level: LogLine['level'] | undefined;
  readonly stream: LogLine['stream'] | undefined;
}

/** Whose output it is. */
export interface Source {
  readonly process: string;
  readonly instance: string;
}

const levels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error'];

/** Kept lines of all these, in the order of time; the newest `limit`. */
export function readLogs(logs: LogFeed, sources: readonly Source[], query: LogQuery): readonly LogLine[] {
  const { limit, instances } = query;
  if (limit === 0) return [];
  const asked = sources.filter(({ instance }) => instances?.has(instance) !== false);
  const isFiltered = query.since !== undefined || query.level !== undefined || query.stream !== undefined;
  const lines = asked.flatMap((source) => {
    const kept = logs.kept(source.instance, isFiltered ? undefined : limit);
    return kept.filter((line) => isWanted(line, query)).map((line) => ({ source, line }));
  });
  // Sorting is stable: lines of one instance stay in their order.
  lines.sort((a, b) => a.line.time - b.line.time);
  return lines.slice(-limit).map(({ source, line }) => toLogLine(source, line));
}

export function isWanted(line: KeptLine, { since, level, stream }: LogQuery): boolean {
  if (since !== undefined && line.time < since) return false;
  if (stream !== undefined && line.stream !== stream) return false;
  return level === undefined || levels.indexOf(toLevel(line)) >= levels.indexOf(level);
}

export function toLogLine({ process, instance }: Source, line: KeptLine): LogLine {
  return { time: toMoment(line.time), process, instance, stream: line.stream, level: toLevel(line), msg: line.text };
}

function toLevel({ level, stream }: KeptLine): LogLine['level'] {
  return level ?? (stream === 'stderr' ? 'warn' : 'info');
}
