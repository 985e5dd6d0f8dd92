import type { Readable } from 'node:stream';

export interface PmRecord {
  readonly time: string;
  readonly level: string;
  readonly process: string;
  readonly instance: string;
  readonly stream: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface WatchedLines {
  /** All lines so far. */
  readonly lines: readonly string[];
  /** Those that are JSON objects. */
  readonly records: readonly PmRecord[];
  /** `INSTANCE: MSG` of each record: what tests compare. */
  readonly texts: readonly string[];
  /** Resolves with the first line (past or coming) that matches; rejects with everything seen when the process ends without it or time is over. */
  waitFor(pattern: RegExp | string, options?: WaitOptions): Promise<string>;
}

export interface WaitOptions {
  /** How many matching lines there have to be. Default 1. */
  readonly times?: number;
  /** Default 15 s. */
  readonly withinMs?: number;
}

/** Collects lines; `beside` is shown too when what is waited for does not come. Matching is against `INSTANCE: MSG` for JSON records, against the line itself for others. */
export function createWatchedLines(
  stream: Readable | undefined,
  ended: Promise<unknown>,
  beside?: WatchedLines,
): WatchedLines {
  const lines: string[] = [];
  const records: PmRecord[] = [];
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  let rest = '';

  const take = (line: string): void => {
    lines.push(line);
    const record = toRecord(line);
    if (record !== undefined) records.push(record);
    texts.push(record === undefined ? line : `${record.instance ?? record.process}: ${record.msg}`);
    for (const look of [...waiting]) look();
  };
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(take);
  });
  stream?.on('end', () => {
    if (rest !== '') take(rest);
    over = true;
    for (const look of [...waiting]) look();
  });
  if (stream === undefined) void ended.then(() => (over = true));

  return {
    lines,
    records,
    texts,
    waitFor: (pattern, { times = 1, withinMs = 15_000 } = {}) =>
      new Promise((resolve, reject) => {
        const finish = (act: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          act();
        };
        const look = (): void => {
          const found = texts.filter((text) => matches(text, pattern));
          const wanted = found[times - 1];
          if (wanted !== undefined) return finish(() => resolve(wanted));
          if (over) finish(() => reject(toError('the process ended', pattern, [...texts, ...(beside?.texts ?? [])])));
        };
        const timer = setTimeout(
          () =>
            finish(() => reject(toError(`${withinMs} ms were over`, pattern, [...texts, ...(beside?.texts ?? [])]))),
          withinMs,
        );
        waiting.add(look);
        look();
      }),
  };
}

function matches(text: string, pattern: RegExp | string): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
}

function toError(what: string, pattern: RegExp | string, texts: readonly string[]): Error {
  return new Error(`${what} before "${pattern}" was seen; seen were:\n${texts.slice(-60).join('\n')}`);
}

function toRecord(line: string): PmRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as PmRecord;
  } catch {
    return undefined;
  }
}
