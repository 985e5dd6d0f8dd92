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
  let stamp = '';
  let line = '';
  const logger = create(
    {
      level: 'debug',
      base: { process: 'pm' },
      timestamp: () => stamp,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (text) => void (line = text) },
  );
  return ({ time, level, message, fields }, timestamps) => {
    stamp = timestamps ? `,"time":"${toIsoTime(time)}"` : '';
    logger[level](toExtraFields(fields), message);
    return line;
  };
}

const byHand: ToJson = ({ time, level, message, fields }, timestamps) => {
  const known = { level, ...(timestamps ? { time: toIsoTime(time) } : {}), process: 'pm' };
  return `${toJsonText({ ...known, ...toExtraFields(fields), msg: message })}\n`;
};
