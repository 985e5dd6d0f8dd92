import { closeSync, openSync } from 'node:fs';
import { loadSys, type Sys } from '@pm-supervisor/native';
import { expect, test } from 'vitest';
import { isTerminal } from './is-terminal.ts';
import { closeAll } from './pipes.ts';
import { openTerminal } from './terminal.ts';

test('both sides of a terminal are one', () => {
  const { master, service } = openTerminal(loadSys() as Sys);
  expect([master, service].map(isTerminal)).toEqual([true, true]);
  closeAll([master, service]);
});

test.each(['/dev/null', '/dev/zero', '/proc/self/status', '/'])('%s is none', (path) => {
  const fd = openSync(path, 'r');
  expect(isTerminal(fd)).toBe(false);
  closeSync(fd);
});

test('a descriptor that is closed is none', () => {
  expect(isTerminal(987)).toBe(false);
});
