import type { EventMessage } from '@pm-supervisor/client';
import { describeEvent, type PmEvent } from '@pm-supervisor/core';
import type { Paint } from '../paint.ts';
import { toPlain } from './table.ts';

const colours = { debug: 'dim', info: 'reset', warn: 'yellow', error: 'red' } as const;

/** `TIME #SEQ TYPE: what happened, in words`. Events of plugins show what they carry. Pure. */
export function formatEvent(event: EventMessage, paint: Paint): string {
  const { seq, at, type, ...rest } = event;
  const line = describe(event);
  const text = line === undefined ? toFields(rest) : toPlain(line.text);
  return `${paint('dim', `${at} #${seq}`)} ${type}${text === '' ? '' : `: ${paint(colours[line?.level ?? 'info'], text)}`}`;
}

/** The supervisor may be newer than this: what it does not know is shown as it is. */
function describe(event: EventMessage): ReturnType<typeof describeEvent> {
  try {
    return describeEvent(toCamel(event) as PmEvent);
  } catch {
    return undefined;
  }
}

/** As the supervisor has it: the API writes keys in snake_case. */
function toCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamel);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    toCamel(inner),
  ]);
  return Object.fromEntries(entries);
}

function toFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${toPlain(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join(' ');
}
