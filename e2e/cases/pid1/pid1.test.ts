import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { test, until, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const helper = process.env['PM_NATIVE'] !== 'off';

/** Ended children that nobody has waited for. */
async function countZombies(parent: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')));
  return stats.filter((stat) => stat.includes(`) Z ${parent} `)).length;
}

/**
 * A plugin that, while the supervisor runs, makes `ORPHANS` orphans and has children of its own in between: by every way
 * of `node:child_process`, each with a code to be told.
 */
const busy = `
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const orphans = 'for (1..$ENV{ORPHANS}) { my $pid = fork; if (!$pid) { fork or do { select undef, undef, undef, 0.02; exit 3 }; exit 0 } waitpid $pid, 0 }';
const exit = (code) => ['-c', 'exit ' + code];
const byExecFile = (code) => new Promise((resolve) => execFile('sh', exit(code), (error) => resolve(error?.code ?? 0)));
const bySpawn = async (code) => (await once(spawn('sh', exit(code), { stdio: 'ignore' }), 'exit'))[0];
const bySpawnSync = async (code) => spawnSync('sh', exit(code)).status;

async function run(pm) {
  const maker = once(spawn('perl', ['-e', orphans], { stdio: 'ignore' }), 'exit');
  let wrong = 0;
  let asked = 0;
  for (let round = 0; round < 40; round += 1) {
    const codes = await Promise.all([byExecFile(round), bySpawn(round + 1), bySpawnSync(round + 2)]);
    asked += codes.length;
    wrong += codes.filter((code, index) => code !== round + index).length;
  }
  const [code] = await maker;
  pm.logger.info('orphans made: ' + code + ', wrong codes: ' + wrong + ' of ' + asked);
}

export default () => ({
  name: 'busy',
  core: '*',
  setup: (pm) => void pm.hooks.supervisor.running.tap(() => void run(pm)),
});
`;

/** Services and hooks whose codes are known, and the plugin beside them. */
const toConfig = (codes: readonly number[]): string => `
global: {on_idle: stay, log_level: debug, zombie_reap_interval: 200ms}
plugins: {./busy.mjs: {}}
processes:
  forever: {command: [sleep, "600"]}
${codes
  .map(
    (code) => `
  exit${code}:
    command: [sh, -c, "sleep 0.${code}; exit ${code}"]
    restart: on-failure
    hooks:
      pre_start: [{name: before, command: [sh, -c, "exit 0"]}]
      finish: [{name: after, command: [sh, -c, "test $PM_EXIT_CODE = ${code} && exit 125"]}]`,
  )
  .join('')}
`;

async function startBusy(folder: Folder, options: { pid1: boolean; orphans: number }): Promise<Pm> {
  await folder.write('busy.mjs', busy);
  return folder.run(toConfig([3, 5, 7, 9]), { pid1: options.pid1, env: { ORPHANS: String(options.orphans) } });
}

/** Every service ended with its own code, every hook with its own, every child of the plugin too. */
async function expectEveryCode(pm: Pm): Promise<void> {
  await pm.out.waitFor('orphans made: 0, wrong codes: 0 of 120', { withinMs: 50_000 });
  for (const code of [3, 5, 7, 9])
    await pm.out.waitFor(`exit${code}-1 failed: exit ${code}; a finish hook exited 125: no restart`);
}

const reaped = (pm: Pm): number => pm.out.texts.filter((text) => /^pm: orphan \d+ reaped$/.test(text)).length;

describe('orphans', () => {
  test.for([
    ['as PID 1', true],
    ['as a subreaper', false],
  ] as const)(
    '%s: all of 5,000 are reaped, and no code of an own child is stolen [line 28]',
    async ([, pid1], { folder }) => {
      if (!helper) return expectExplained(folder, pid1);
      const pm = await startBusy(folder, { pid1, orphans: 5000 });
      await expectEveryCode(pm);
      await until('all are reaped', () => reaped(pm) >= 5000);
      const pid = await pm.pid();
      await until('no zombie is left', async () => (await countZombies(pid)) === 0);
      expect((await pm.stop()).code).toBe(0);
      expect(reaped(pm)).toBe(5000);
    },
  );

  test('as PID 1: of who comes in from outside, as `docker exec` does [line 28]', async ({ folder }) => {
    const pm = await folder.run(
      'global: {log_level: debug, zombie_reap_interval: 100ms}\nprocesses: {web: {command: [sleep, "600"]}}',
      { pid1: true },
    );
    await pm.out.waitFor('pm: up after');
    const pid = await pm.pid();
    const visitor = spawn(
      'nsenter',
      ['-t', String(pid), '-p', 'sh', '-c', '(sleep 0.1; exit 3) & (sleep 0.2; kill -9 $$) &'],
      { stdio: 'ignore' },
    );
    expect(await once(visitor, 'exit')).toEqual([0, null]);
    if (helper) {
      await until('both are reaped', () => reaped(pm) === 2);
      await until('no zombie is left', async () => (await countZombies(pid)) === 0);
    } else {
      await until('both have ended', async () => (await countZombies(pid)) === 2);
    }
    expect((await pm.stop()).code).toBe(0);
  });
});

/** Without the helper nobody can wait for them: as PID 1 that is said, once, and everything else is as it should be. */
async function expectExplained(folder: Folder, pid1: boolean): Promise<void> {
  const pm = await startBusy(folder, { pid1, orphans: 50 });
  await expectEveryCode(pm);
  const pid = await pm.pid();
  await until(
    'as PID 1 they stay, else the init above has them',
    async () => (await countZombies(pid)) === (pid1 ? 50 : 0),
  );
  expect((await pm.stop()).code).toBe(0);
  const said = pm.out.texts.filter((text) => text.includes('orphaned processes stay zombies'));
  expect(said).toEqual(
    pid1 ? ['pm: orphaned processes stay zombies: waiting for them needs the native helper, see `pm doctor`'] : [],
  );
}

describe('PID 1', () => {
  test('services start, crash, come back and stop, and nothing of the namespace is left [lines 19, 28]', async ({
    folder,
  }) => {
    const pm = await folder.run(
      `
global: {restart_backoff: 0}
processes:
  init: {command: [sh, -c, "tr '\\\\0' ' ' < /proc/1/cmdline; echo; sleep 600"]}
  crash: {command: [sh, -c, "echo alive; sleep 0.1; kill -9 $$"]}
`,
      { pid1: true },
    );
    expect(await pm.out.waitFor(/^init-1: .*pm\.js run/)).toContain('pm.js run');
    await pm.out.waitFor('crash-1: alive', { times: 3 });
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
  });

  test('its exit code is that of the container [lines 26, 28]', async ({ folder }) => {
    const pm = await folder.run('processes: {web: {command: [sh, -c, "exit 7"], required: true, restart: never}}', {
      pid1: true,
    });
    expect((await pm.ended).code).toBe(7);
  });
});
