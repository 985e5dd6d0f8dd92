import { expect, test } from 'vitest';
import type { OwnRecord } from './format.ts';
import { createOwnJson, type OwnJson } from './own-json.ts';

const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const parse = (json: OwnJson, record: Partial<OwnRecord>, timestamps = true): Record<string, unknown> => {
  const piece = json.format({ time, level: 'info', message: 'm', fields: {}, ...record }, timestamps);
  return JSON.parse(Buffer.from(piece as string, 'latin1').toString()) as Record<string, unknown>;
};

async function loadBoth(): Promise<[OwnJson, OwnJson]> {
  const byPino = createOwnJson();
  const byHand = createOwnJson(() => Promise.reject(new Error('not installed')));
  expect(byPino.loaded).toBe(false);
  await Promise.all([byPino.load(), byHand.load()]);
  expect([byPino.loaded, byHand.loaded]).toEqual([true, true]);
  return [byPino, byHand];
}

test('own records: the same object with pino and without', async () => {
  for (const json of await loadBoth()) {
    expect(parse(json, { level: 'warn', message: '100 %s "é"', fields: { signal: 'SIGTERM', msg: 'other' } })).toEqual({
      time: '2026-01-02T03:04:05.006Z',
      level: 'warn',
      process: 'pm',
      msg: '100 %s "é"',
      signal: 'SIGTERM',
      msg_: 'other',
    });
    expect(parse(json, {}, false)).toEqual({ level: 'info', process: 'pm', msg: 'm' });
  }
});

test('own records: keys come in the order of other lines', async () => {
  for (const json of await loadBoth()) {
    expect(Object.keys(parse(json, {})).slice(0, 3)).toEqual(['time', 'level', 'process']);
  }
});

test('own records: each level is written as a word', async () => {
  const levels = ['debug', 'info', 'warn', 'error'] as const;
  for (const json of await loadBoth()) expect(levels.map((level) => parse(json, { level }).level)).toEqual(levels);
});

test('own records: fields without JSON do not hurt', async () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const thrower = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  for (const json of await loadBoth()) {
    expect(parse(json, { fields: { cycle, big: 2n, thrower, fine: 1 } })).toMatchObject({ msg: 'm', fine: 1 });
  }
});

test('own records: an error is shown with its message', async () => {
  const [byPino] = await loadBoth();
  expect(parse(byPino, { fields: { err: new Error('bad luck') } }).err).toMatchObject({ message: 'bad luck' });
});
