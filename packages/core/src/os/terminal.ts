import { constants, openSync } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import type { Sys } from '@pm-supervisor/native';
import { closeAll } from './pipes.ts';

/** Both sides of a new pseudo-terminal. */
export interface Terminal {
  readonly master: number;
  readonly service: number;
}

const classicSize = { rows: 24, columns: 80 };

/** O_NOCTTY on our side of the opening: a PID 1 without a terminal would get this one as its own. */
export function openTerminal(sys: Sys): Terminal {
  const { fd: master, path } = sys.openTerminal();
  try {
    sys.setWindowSize(master, classicSize.rows, classicSize.columns);
    return { master, service: openSync(path, constants.O_RDWR | constants.O_NOCTTY) };
  } catch (error) {
    closeAll([master]);
    throw error;
  }
}

/** What the service prints. The kernel says EIO when its last descriptor is closed: that is the end, not an error. */
export function readTerminal(master: number): Readable {
  const source = new ReadStream(master);
  const output = new PassThrough();
  source.on('error', () => output.end());
  source.on('close', () => output.end());
  output.on('close', () => source.destroy());
  return source.pipe(output);
}
