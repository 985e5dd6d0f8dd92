import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { readTreeUsage } from './tree-usage.ts';

describe('what a tree uses', () => {
  test('memory, threads and descriptors are summed over its processes', async ({ onTestFinished }) => {
    const [one, two] = ['1', '2'].map(() => spawn('sleep', ['60'], { stdio: 'ignore' }));
    onTestFinished(async () => {
      for (const child of [one, two]) if (child?.kill('SIGKILL')) await once(child, 'exit');
    });
    // The kernel counts pages late.
    await vi.waitFor(() => expect(readTreeUsage([two?.pid ?? 0])?.rssBytes).toBeGreaterThan(0));
    const alone = readTreeUsage([one?.pid ?? 0]);
    const together = readTreeUsage([one?.pid ?? 0, two?.pid ?? 0]);
    expect(alone).toMatchObject({ threads: 1 });
    expect(together).toMatchObject({ threads: 2 });
    expect(alone?.fds).toBeGreaterThanOrEqual(3);
    expect(together?.rssBytes).toBeGreaterThan(alone?.rssBytes ?? Infinity);
  });

  test('CPU time is in seconds', () => {
    const before = readTreeUsage([process.pid])?.cpuSeconds ?? NaN;
    const end = performance.now() + 200;
    while (performance.now() < end);
    const used = (readTreeUsage([process.pid])?.cpuSeconds ?? NaN) - before;
    expect(used).toBeGreaterThan(0.05);
    expect(used).toBeLessThan(2);
  });

  test('those that are gone count nothing; of a tree that is gone there is nothing to say', () => {
    expect(readTreeUsage([process.pid, 2 ** 22 + 1])?.threads).toBe(readTreeUsage([process.pid])?.threads);
    expect(readTreeUsage([2 ** 22 + 1])).toBeUndefined();
    expect(readTreeUsage([])).toBeUndefined();
  });
});
