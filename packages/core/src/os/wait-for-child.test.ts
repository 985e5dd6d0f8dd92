import { loadSys, type Sys } from '@pm-supervisor/native';
import { afterEach, expect, test } from 'vitest';
import { waitForChild } from './wait-for-child.ts';

const sys = loadSys() as Sys;
const listeners = process.listenerCount('SIGCHLD');
afterEach(() => expect(process.listenerCount('SIGCHLD')).toBe(listeners));

const start = (line: string): number => sys.spawn(['/bin/sh', '-c', line], ['PATH=/usr/bin:/bin'], [], true);

test('an exit code is told, also to who asks long before', async () => {
  expect(await waitForChild(sys, start('sleep 0.05; exit 7'))).toEqual({ code: 7, signal: null });
});

test('a signal is told by its name', async () => {
  expect(await waitForChild(sys, start('kill -9 $$'))).toEqual({ code: null, signal: 'SIGKILL' });
});

test('each of many is told its own', async () => {
  const codes = Array.from({ length: 20 }, (_, index) => index);
  const ends = await Promise.all(codes.map((code) => waitForChild(sys, start(`sleep 0.0${code % 10}; exit ${code}`))));
  expect(ends.map(({ code }) => code)).toEqual(codes);
});

test('one that somebody else has waited for is no endless wait', async () => {
  const pid = start('exit 3');
  sys.waitid(1, pid, 4);
  expect(await waitForChild(sys, pid)).toEqual({ code: null, signal: null });
});
