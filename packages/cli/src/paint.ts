import { styleText } from 'node:util';
import type { CliContext } from './context.ts';
import type { Writer } from './writer.ts';

type Format = Parameters<typeof styleText>[0];

/** Colours text, or leaves it alone. */
export type Paint = (format: Format, text: string) => string;

/** Colours on a terminal unless NO_COLOR says otherwise (https://no-color.org); FORCE_COLOR turns them on anywhere. */
export function createPaint({ env }: CliContext, writer: Writer): Paint {
  const { FORCE_COLOR: force, TERM: term } = env;
  const wanted = force !== undefined && force !== '' && force !== '0' ? true : writer.isTerminal && term !== 'dumb';
  const coloured = wanted && allowsColour(env);
  return coloured ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}

/** Whether NO_COLOR is unset or empty. */
export function allowsColour({ NO_COLOR: no }: CliContext['env']): boolean {
  return no === undefined || no === '';
}
