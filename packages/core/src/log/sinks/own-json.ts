import type { pino } from 'pino';
import { type OwnRecord, type Piece, toIsoTime, toLatin1 } from './format.ts';
import { toExtraFields, toJsonText } from './json-fields.ts';

/** Makes JSON of the supervisor's own records, once `load` has resolved. */
export interface OwnJson {
  readonly loaded: boolean;
  /** Loads pino. Never rejects: without it (a broken installation) records are made by `JSON.stringify`. */
  load(): Promise<void>;
  format(record: OwnRecord, timestamps: boolean): Piece;
}

/** What of the module is used. */
interface PinoModule {
  readonly pino: typeof pino;
}

type ToJson = (record: OwnRecord, timestamps: boolean) => string;

/**
 * pino costs 3 MB and 10 ms, so it is loaded with the first record that needs it. It is used as a formatter alone,
 * because it knows how to show errors and cycles: its transports are threads, and its own writing either blocks the
 * loop on a stuck reader or loses the end.
 */
export function createOwnJson(importPino: () => Promise<PinoModule> = () => import('pino')): OwnJson {
  let toJson: ToJson | undefined;
  return {
    get loaded() {
      return toJson !== undefined;
    },
    async load() {
      toJson = await importPino().then(byPino, () => byHand);
    },
    format: (record, timestamps) => toLatin1((toJson ?? byHand)(record, timestamps)),
  };
}

function byPino({ pino: create }: PinoModule): ToJson {
  let line = '';
  const logger = create(
    {
      level: 'debug',
      base: { process: 'pm' },
      // Comes first in every line of ours, which pino cannot do.
      timestamp: false,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (text) => void (line = text) },
  );
  return ({ time, level, message, fields }, timestamps) => {
    logger[level](toExtraFields(fields), message);
    return timestamps ? `{"time":"${toIsoTime(time)}",${line.slice(1)}` : line;
  };
}

const byHand: ToJson = ({ time, level, message, fields }, timestamps) => {
  const known = { ...(timestamps ? { time: toIsoTime(time) } : {}), level, process: 'pm' };
  return `${toJsonText({ ...known, ...toExtraFields(fields), msg: message })}\n`;
};
