import type { LogLine, QueryOf } from '../contract.ts';
import { toRequestLine } from '../request-line.ts';
import type { Wire } from '../transport/wire.ts';
import { readData } from './payload.ts';
import { subscribe, type StreamOptions } from './subscription.ts';

const route = 'GET /api/v1/logs';

/** Which lines; see the route. `name` may hold several names. */
export type LogQuery = Omit<QueryOf<typeof route>, 'follow' | 'limit' | 'name'> & {
  readonly name?: string | readonly string[];
};

/** Lines have no numbers. After a loss those since the last one are asked for again, as many as the server gives. */
const mostLines = 100_000;

/** Lines as they are written, over as many connections as it takes, each once. */
export async function* readLogs(wire: Wire, query: LogQuery, options: StreamOptions = {}): AsyncGenerator<LogLine> {
  const seen = createLastMoment();
  const toRequest = (): { path: string } =>
    toRequestLine(route, { query: { ...query, ...seen.resume(), follow: true } });
  for await (const message of subscribe(wire, toRequest, options)) {
    if (message.event === 'line' && seen.isNew(message.data)) yield readData(message) as LogLine;
  }
}

interface LastMoment {
  /** false for a line that came before the connection was lost. */
  isNew(data: string): boolean;
  /** From where the next connection goes on. */
  resume(): { since?: string; tail?: number };
}

/** Remembers the lines of the newest moment: a stream that goes on from there begins with them. */
function createLastMoment(): LastMoment {
  let time = '';
  let lines: string[] = [];
  let expected: string[] = [];
  return {
    isNew(data) {
      const repeated = expected.indexOf(data);
      if (repeated !== -1) {
        expected.splice(repeated, 1);
        return false;
      }
      const { time: now } = JSON.parse(data) as LogLine;
      if (now > time) [time, lines, expected] = [now, [], []];
      if (now === time) lines.push(data);
      return true;
    },
    resume() {
      expected = [...lines];
      return time === '' ? {} : { since: time, tail: mostLines };
    },
  };
}
