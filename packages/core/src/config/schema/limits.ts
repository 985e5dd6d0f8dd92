import type { LimitName, ResourceLimit } from '../../plan/spec.ts';
import { readSize } from '../duration.ts';
import type { Reading } from '../duration.ts';
import { isMap } from '../layer.ts';
import { accept, leaf, mismatch, refuse } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { mapOf } from './structure.ts';

/** Every limit of setrlimit(2), and whether it counts bytes. */
const limitNames: Readonly<Record<LimitName, 'bytes' | 'count'>> = {
  as: 'bytes',
  core: 'bytes',
  cpu: 'count',
  data: 'bytes',
  fsize: 'bytes',
  locks: 'count',
  memlock: 'bytes',
  msgqueue: 'bytes',
  nice: 'count',
  nofile: 'count',
  nproc: 'count',
  rss: 'bytes',
  rtprio: 'count',
  rttime: 'count',
  sigpending: 'count',
  stack: 'bytes',
};

/** Limits by name: one value for both, `SOFT:HARD`, or `{soft, hard}`; `unlimited` is a value. */
export function limits(): Schema<Partial<Record<LimitName, ResourceLimit>>> {
  const entries = Object.fromEntries(Object.entries(limitNames).map(([name, unit]) => [name, limit(unit)]));
  return mapOf(entries, { what: 'a map such as {nofile: 65536}' });
}

function limit(unit: 'bytes' | 'count'): Schema<ResourceLimit> {
  const type = unit === 'bytes' ? 'size or unlimited' : 'number or unlimited';
  return leaf({ type, json: { type: ['integer', 'string', 'object'] } }, (input) => readLimit(input, unit));
}

function readLimit(input: unknown, unit: 'bytes' | 'count'): Reading<ResourceLimit> {
  const [softInput, hardInput] = splitLimit(input);
  const soft = readBound(softInput, unit);
  const hard = readBound(hardInput, unit);
  if (!soft.ok) return soft;
  if (!hard.ok) return hard;
  if (soft.value > hard.value) return refuse(`the soft limit ${soft.value} is above the hard limit ${hard.value}`);
  return accept({ soft: soft.value, hard: hard.value });
}

function splitLimit(input: unknown): [unknown, unknown] {
  if (isMap(input)) return [input['soft'] ?? input['hard'], input['hard'] ?? input['soft']];
  const [soft, hard] = typeof input === 'string' ? input.split(':') : [input];
  return [soft, hard ?? soft];
}

function readBound(input: unknown, unit: 'bytes' | 'count'): Reading<number> {
  if (input === 'unlimited' || input === 'infinity') return accept(Infinity);
  const bytes = unit === 'bytes' ? readSize(input) : undefined;
  if (bytes !== undefined) return bytes;
  const count = typeof input === 'string' && /^\d+$/.test(input) ? Number(input) : input;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return accept(count);
  return mismatch('a limit such as 65536, 1024:65536 or unlimited', input);
}
