import { WriteStream } from 'node:tty';
import type { Writer } from './writer.ts';

/** How many columns the terminal behind a writer has; undefined where there is none. */
export function readWidth({ fd, isTerminal }: Writer): number | undefined {
  if (fd === undefined || !isTerminal) return undefined;
  const terminal = new WriteStream(fd);
  const { columns } = terminal;
  terminal.destroy();
  return columns > 0 ? columns : undefined;
}
