import { WriteStream } from 'node:tty';
import type { Writer } from './writer.ts';

/** How large a terminal is. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The size of the terminal behind a writer; undefined where there is none. */
export function readSize({ fd, isTerminal }: Writer): TerminalSize | undefined {
  if (fd === undefined || !isTerminal) return undefined;
  const terminal = new WriteStream(fd);
  const { columns, rows } = terminal;
  terminal.destroy();
  return columns > 0 && rows > 0 ? { columns, rows } : undefined;
}
