import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createCgroupMaker } from './child-cgroup.ts';
import { visitCgroups } from './cgroup-visit.ts';
import { systemClock } from './clock.ts';
import { firstLines, modes, requestOf, run, sh, spawnerOf } from './fixtures/spawning.ts';

const maker = createCgroupMaker(systemClock);
const canLimit = maker.kind !== 'none';

describe.runIf(canLimit).each(modes)('resources $mode', ({ helper }) => {
  const warnings: string[] = [];
  const spawner = spawnerOf(helper, { onWarning: ({ text }) => warnings.push(text) });
  afterEach(() => expect(warnings.splice(0)).toEqual([]));

  test('memory, cpu and processes are limited by a cgroup that goes with the service', async () => {
    const request = requestOf(sh('cat /proc/self/cgroup; echo end; exec sleep 100'), {
      os: { resources: { memoryMax: 64 * 2 ** 20, cpuMax: 0.5, pidsMax: 20 } },
    });
    const child = await spawner.spawn(request);
    expect(child.enforced).toEqual(['memory_max', 'cpu_max', 'pids_max']);
    await firstLines(child, 1);
    const folders = foldersOf(child.pid);
    expect(folders.length).toBeGreaterThan(0);
    expect(limitsIn(folders)).toEqual(expect.arrayContaining([String(64 * 2 ** 20), '20']));
    child.kill('SIGKILL', 'mixed');
    await child.ended;
    await expect.poll(() => folders.filter((folder) => existsSync(folder)), { timeout: 5_000 }).toEqual([]);
    child.closeOutput();
  });

  test('what passes its memory limit is killed, and the end says why', async () => {
    const end = await run(spawner, ['perl', '-e', 'my $x = "x" x (512 * 1024 * 1024); print length $x'], {
      os: { resources: { memoryMax: 32 * 2 ** 20 } },
    });
    expect(end).toMatchObject({ code: null, signal: 'SIGKILL', oomKilled: true, out: '' });
  });

  test('what passes its number of processes cannot fork', async () => {
    const { out } = await run(
      spawner,
      [
        'perl',
        '-e',
        '$SIG{CHLD} = "IGNORE"; my $n = 0; for (1 .. 30) { my $p = fork; last unless defined $p; if ($p == 0) { sleep 100 } $n++ } print $n < 12 ? "refused" : "all $n"',
      ],
      {
        os: { resources: { pidsMax: 10 } },
      },
    );
    expect(out).toBe('refused');
  });
});

test.runIf(canLimit)('a limit that the kernel refuses is told, and the others are set', async () => {
  const warnings: string[] = [];
  const cgroup = maker.make('odd/../name', { memoryMax: 2 ** 30, pidsMax: -7 }, (text) => warnings.push(text));
  expect(cgroup?.enforced).toEqual(['memory_max']);
  expect(warnings).toEqual([
    expect.stringMatching(/^pids_max is not enforced: no cgroup can be made in \S+ \(EINVAL\)$/),
  ]);
  expect(cgroup?.procs.map((path) => dirname(path))).toEqual(
    cgroup?.procs.map(() => expect.stringMatching(/\/pm-\d+-odd_.._name-1$/)),
  );
  await cgroup?.remove();
  expect(cgroup?.procs.filter((path) => existsSync(path))).toEqual([]);
});

const unified = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
  existsSync(join(path, 'cgroup.controllers')),
);

test.runIf(canLimit && unified)('under cgroup v2 a child can be started inside, and we are back afterwards', () => {
  const home = join(unified ?? '', /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '');
  const folder = join(home, `pm-${process.pid}-visited`);
  mkdirSync(folder);
  const inside = visitCgroups([{ folder, home }], () =>
    execFileSync('cat', ['/proc/self/cgroup'], { encoding: 'utf8' }),
  );
  expect(inside).toMatch(/^0::.*-visited$/m);
  expect(readFileSync('/proc/self/cgroup', 'utf8')).not.toMatch(/-visited/);
  rmdirSync(folder);
});

function foldersOf(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  return lines
    .filter((line) => line.includes('/pm-'))
    .map((line) => {
      const [, controllers = '', path = ''] = line.split(':');
      return controllers === '' ? `/sys/fs/cgroup${path}` : `/sys/fs/cgroup/${controllers}${path}`;
    });
}

function limitsIn(folders: readonly string[]): string[] {
  const files = ['memory.max', 'memory.limit_in_bytes', 'pids.max', 'cpu.max', 'cpu.cfs_quota_us'];
  return folders
    .flatMap((folder) => files.map((file) => `${folder}/${file}`))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').trim());
}
