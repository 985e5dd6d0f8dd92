import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { liftedLimits, parseLimits, readLimits } from './limits.ts';
import { parseStat, readStat } from './proc-stat.ts';
import { childrenOf, descendantsOf, readAllStats, residentBytes } from './proc-tree.ts';

test('a command with blanks and parentheses does not shift the fields', () => {
  const fields = ['S', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 50, 0, 0, 20, 0, 9, 0, 777, 4096, 321];
  expect(parseStat(`42 (a) b (c)) ${fields.join(' ')}`)).toEqual({
    pid: 42,
    command: 'a) b (c)',
    state: 'S',
    parent: 1,
    group: 2,
    session: 3,
    terminal: 4,
    cpuTicks: 150,
    threads: 9,
    startTicks: 777,
    rssPages: 321,
  });
});

test('we see ourselves, and nobody under a pid that does not exist', () => {
  expect(readStat('self')).toMatchObject({ pid: process.pid, parent: process.ppid });
  expect(readStat(2 ** 30)).toBeUndefined();
  expect(childrenOf(2 ** 30)).toEqual([]);
  expect(readAllStats().map(({ pid }) => pid)).toContain(process.pid);
});

test('resident memory is in bytes, whatever the size of a page', () => {
  const [ours, nodes] = [residentBytes([process.pid]), process.memoryUsage.rss()];
  expect(Math.abs(ours - nodes) / nodes).toBeLessThan(0.1);
  expect(residentBytes([2 ** 30])).toBe(0);
});

test('descendants come after their parents', async () => {
  const child = spawn('sh', ['-c', 'sh -c "echo; sleep 100; :"; :'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(child.stdout, 'data');
  await expect.poll(() => descendantsOf(child.pid as number)).toHaveLength(2);
  const [shell = 0, sleep = 0] = descendantsOf(child.pid as number);
  await expect.poll(() => readStat(sleep)).toMatchObject({ parent: shell, command: 'sleep' });
  process.kill(-(child.pid as number), 'SIGKILL');
  await once(child, 'exit');
});

test('limits are read as the kernel prints them', () => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units',
    'Max open files            1024                 524288               files',
    'Max core file size        0                    unlimited            bytes',
  ].join('\n');
  expect(parseLimits(text)).toEqual({ nofile: { soft: 1_024, hard: 524_288 }, core: { soft: 0, hard: Infinity } });
  expect(Object.keys(readLimits())).toHaveLength(16);
});

test('only a hard limit over ours needs a privilege', () => {
  const current = { nofile: { soft: 10, hard: 100 } };
  expect(liftedLimits({ nofile: { soft: 100, hard: 100 } }, current)).toEqual([]);
  expect(liftedLimits({ nofile: { soft: 1, hard: 101 }, core: { soft: 0, hard: 0 } }, current)).toEqual(['nofile']);
});
