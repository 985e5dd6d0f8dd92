import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../testing/index.ts';
import { fixture } from './fixtures/spawning.ts';
import { startReaper } from './reaper.ts';

const execute = promisify(execFile);

/** In a process of its own: a subreaper among the tests would adopt what is not its business. */
async function runFixture(name: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execute(process.execPath, ['--conditions=@pm-supervisor/source', fixture(name), ...args]);
  return JSON.parse(stdout);
}

describe('reaping', () => {
  test(
    '[line 28] every orphan is reaped and no exit status of our own children is stolen, under load',
    { timeout: 60_000 },
    async () => {
      const result = (await runFixture('reap-under-load.ts', '40')) as { reaped: number; orphans: number };
      expect(result).toMatchObject({ stolen: 0, zombies: 0 });
      expect(result.reaped).toBeGreaterThanOrEqual(result.orphans);
    },
  );

  test('[line 28] idle, it never wakes up', { timeout: 20_000 }, async () => {
    expect(await runFixture('count-wakeups.ts')).toBe(0);
  });

  test('[line 28] without the helper nothing is warned about unless we are PID 1', () => {
    const warnings: string[] = [];
    startReaper({ sys: undefined, clock: createFakeClock(), onWarning: (text) => warnings.push(text) })();
    expect(warnings).toEqual([]);
  });
});
