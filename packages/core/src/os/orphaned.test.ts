import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { fixture } from './fixtures/spawning.ts';
import { isDead, readStat } from './proc-stat.ts';

const node = [process.execPath, '--conditions=@pm-supervisor/source'] as const;

function isAlive(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && !isDead(stat);
}

describe('[line 23] a supervisor that is killed -9', () => {
  test.each(['child', 'daemon', 'ignores-term', 'bare-orphan'])(
    'leaves nothing running: %s',
    { timeout: 20_000 },
    async (way) => {
      const supervisor = spawn(node[0], [node[1], fixture('supervise.ts'), 'yes', 'perl', fixture('escape.pl'), way], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [chunk] = (await once(supervisor.stdout, 'data')) as [Buffer];
      const escaped = Number(chunk.toString());
      expect(isAlive(escaped)).toBe(true);
      supervisor.kill('SIGKILL');
      await expect.poll(() => isAlive(escaped), { timeout: 10_000 }).toBe(false);
    },
  );
});

/** As PID 1 of a private pid namespace; prints what it warned about. */
async function warningsAsFirstProcess(sys: string): Promise<unknown> {
  const program = `
    import { loadSys } from '@pm-supervisor/native';
    import { systemClock } from '${import.meta.dirname}/clock.ts';
    import { startReaper } from '${import.meta.dirname}/reaper.ts';
    const warnings = [];
    startReaper({ sys: ${sys}, clock: systemClock, onWarning: (text) => warnings.push(text) })();
    console.log(JSON.stringify({ pid: process.pid, warnings }));`;
  const args = ['--pid', '--fork', '--mount-proc', ...node, '--input-type=module-typescript', '-e', program];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: import.meta.dirname });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  await once(child, 'exit');
  return JSON.parse(chunk.toString());
}

describe.runIf(process.getuid?.() === 0)('[line 28] as PID 1', () => {
  test('the reaper has nothing to say with the helper', { timeout: 20_000 }, async () => {
    expect(await warningsAsFirstProcess('loadSys()')).toEqual({ pid: 1, warnings: [] });
  });

  test('without the helper it says once that orphans stay', { timeout: 20_000 }, async () => {
    expect(await warningsAsFirstProcess('undefined')).toEqual({
      pid: 1,
      warnings: [expect.stringMatching(/stay zombies.*native helper/)],
    });
  });
});
