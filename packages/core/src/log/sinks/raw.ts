import { countLines } from '../../os/fast-lines.ts';
import { toFieldText } from './field-text.ts';
import { type Format, type Lane, type Piece, toLatin1 } from './format.ts';

/**
 * Bytes as they came. A line feed is added only where the unfinished line of one process would run into a line of
 * another. Lines that plugins changed are written as text.
 */
export function createRawFormat(): Format {
  let unfinished: Lane | 'other' | undefined;

  /** Ends what another left open, and notes whether this one leaves something open. */
  const follow = (lane: Lane | 'other', open: boolean): string => {
    const glue = unfinished !== undefined && unfinished !== lane ? '\n' : '';
    unfinished = open ? lane : undefined;
    return glue;
  };
  const whole = (lane: Lane | 'other', text: string): Piece => follow(lane, false) + toLatin1(`${text}\n`);
  return {
    lines(lane, _time, bytes) {
      const glue = follow(lane, false);
      return { piece: glue === '' ? bytes : glue + bytes.toString('latin1'), lines: countLines(bytes) };
    },
    part(lane, _time, { bytes, more }) {
      return follow(lane, more) + bytes.toString('latin1') + (more ? '' : '\n');
    },
    rest: (lane, _time, bytes) => follow(lane, true) + bytes.toString('latin1'),
    record: (record) => whole('other', record.text),
    own: (record) => whole('other', `pm: ${record.message}${toFieldText(record.fields)}`),
  };
}
