import type { PmEvent } from '@pm-supervisor/core';
import { toMoment } from './moment.ts';
import type { EventMessage } from './routes/bodies.ts';

/** An event as it is shown: keys in snake_case as everywhere in the API, times as texts. What plugins put into theirs below the first level stays as it is. */
export function toEventMessage(event: PmEvent): EventMessage {
  const { seq, at, type, ...payload } = event as PmEvent & Readonly<Record<string, unknown>>;
  return { seq, at: toMoment(at), type, ...toShown(payload, isOwn(type)) };
}

const ownGroups: ReadonlySet<string> = new Set([
  'supervisor',
  'plan',
  'command',
  'unit',
  'instance',
  'hook',
  'plugin',
  'log',
  'orphan',
]);

function isOwn(type: string): boolean {
  return ownGroups.has(type.split('.')[0] ?? '');
}

function toShown(payload: Readonly<Record<string, unknown>>, deep: boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).map(([key, value]) => [toSnake(key), deep ? toShownValue(key, value) : value]),
  );
}

function toShownValue(key: string, value: unknown): unknown {
  if (key === 'at' && typeof value === 'number') return toMoment(value);
  if (Array.isArray(value)) return value.map((item) => toShownValue('', item));
  if (typeof value !== 'object' || value === null) return value;
  return toShown(value as Readonly<Record<string, unknown>>, true);
}

function toSnake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
