import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '@pm-supervisor/client';
import type { Paint } from '../paint.ts';

const colours = [
  'cyan',
  'green',
  'magenta',
  'yellow',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
  'yellowBright',
  'blueBright',
] as const;

/** `TIME INSTANCE | MESSAGE`: one colour an instance, those of a service's own left in. Pure but for the colour it remembers. */
export function createLogFormat(paint: Paint): (line: LogLine) => string {
  const known = new Map<string, (typeof colours)[number]>();
  return ({ time, instance, level, msg }) => {
    const colour = known.get(instance) ?? colours[known.size % colours.length] ?? 'cyan';
    known.set(instance, colour);
    const text = keepColours(msg);
    return `${paint('dim', time)} ${paint(colour, instance)} | ${level === 'error' ? paint('red', text) : text}`;
  };
}

const escape = '\u001B';
const colouring = new RegExp(`(${escape}\\[[\\d;]*m)`);

/** What a service wrote may colour its line; it may not move the cursor, set the title or ring the bell. */
export function keepColours(text: string): string {
  const parts = text.split(colouring);
  // Every second part is what the pattern found.
  const kept = parts.map((part, index) =>
    index % 2 === 1 ? part : stripVTControlCharacters(part).replaceAll(/(?!\t)\p{Cc}/gu, ''),
  );
  return kept.length === 1 ? (kept[0] ?? '') : `${kept.join('')}${escape}[0m`;
}
