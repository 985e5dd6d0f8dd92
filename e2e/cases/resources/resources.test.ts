import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { pidsOf } from '../../harness/pids.ts';
import type { Pm } from '../../harness/pm.ts';

/** Cgroups that pm made for its children, in every hierarchy. */
async function listChildCgroups(pm: Pm): Promise<readonly string[]> {
  const pid = await pm.pid();
  const roots = ['memory', 'cpu', 'pids', ''].map((controller) => join('/sys/fs/cgroup', controller));
  const own = (await readFile('/proc/self/cgroup', 'latin1'))
    .split('\n')
    .map((line) => line.split(':').slice(2).join(':'))
    .filter(Boolean);
  const folders = new Set(roots.flatMap((root) => own.map((path) => join(root, path))));
  const found = await Promise.all(
    [...folders].map(async (folder) =>
      (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`pm-${pid}-`)),
    ),
  );
  return found.flat();
}

/** Whether this machine lets anybody make cgroups of a controller; where not, pm says so and watches memory itself. */
async function canLimit(controller: 'memory' | 'pids' | 'cpu'): Promise<boolean> {
  const line = (await readFile('/proc/self/cgroup', 'latin1'))
    .split('\n')
    .find((entry) => entry.split(':')[1]?.split(',').includes(controller));
  const path = line?.split(':').slice(2).join(':') ?? '/';
  return access(join('/sys/fs/cgroup', controller, path, 'cgroup.procs'), constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Takes so many MiB and keeps them. */
const eater = (mebibytes: number): string =>
  `[perl, -e, "$| = 1; my $x = 'a' x (${mebibytes} * 1024 * 1024); print qq(full\\\\n); sleep 600"]`;

describe('resources', () => {
  test('memory_max: the kernel ends what passes it, and that is said; its neighbours live', async ({ folder }) => {
    const pm = await folder.run(`
global: {on_idle: stay, max_restart_attempts: 0}
processes:
  greedy: {command: ${eater(256)}, resources: {memory_max: 64MiB}}
  modest: {command: ${eater(8)}, resources: {memory_max: 64MiB}}
`);
    await pm.out.waitFor('modest-1: full');
    if (await canLimit('memory')) {
      await pm.out.waitFor(
        /pm: greedy-1 failed: (killed by SIGKILL|exit \d+): out of memory, its resources\.memory_max was reached/,
      );
      expect(pm.out.texts).not.toContain('greedy-1: full');
    } else {
      await pm.out.waitFor('memory_max is not enforced');
      await pm.out.waitFor(/greedy-1 uses \d+ MiB, over its/);
    }
    await pm.stop();
    await until('no cgroup is left', async () => (await listChildCgroups(pm)).length === 0);
  });

  test('pids_max: a fork bomb stays small', async ({ folder }) => {
    const pm = await folder.run(`
processes:
  bomb:
    command: [perl, -e, "$| = 1; my $n = 0; for (1..50) { my $p = fork; last unless defined $p; if (!$p) { sleep 600; exit } $n++ } print $n < 50 ? qq(stopped at 10 or less: ) . ($n <= 10) . qq(\\\\n) : qq(all 50\\\\n); sleep 600"]
    resources: {pids_max: 10}
`);
    if (await canLimit('pids')) await pm.out.waitFor('bomb-1: stopped at 10 or less: 1');
    else await pm.out.waitFor('pids_max is not enforced');
    expect((await pm.stop()).code).toBe(0);
    expect(await folder.countProcesses('all 50')).toBe(0);
  });

  test('cpu_max: half a CPU is half a CPU', async ({ folder }) => {
    const pm = await folder.run(`
processes:
  web: {command: [sh, -c, "cat /sys/fs/cgroup/cpu$(sed -n 's/^[0-9]*:\\\\(.*,\\\\)*cpu\\\\(,.*\\\\)*://p' /proc/self/cgroup)/cpu.cfs_quota_us; echo read; sleep 600"], resources: {cpu_max: 0.5}}
`);
    await pm.out.waitFor('web-1: read');
    if (await canLimit('cpu')) expect(pm.out.texts).toContain('web-1: 50000');
    else await pm.out.waitFor('cpu_max is not enforced');
    await pm.stop();
  });

  test('max_memory: the whole tree counts, and it is restarted gracefully', async ({ folder }) => {
    await folder.write(
      'tree.sh',
      `#!/bin/sh
trap 'echo graceful; kill $child; exit 0' TERM
test -e grown || { touch grown; perl -e '$| = 1; my $x = "a" x (100 * 1024 * 1024); print "grown\\n"; sleep 600' & child=$!; wait; }
echo small
while :; do sleep 0.05; done
`,
    );
    const pm = await folder.run('processes: {tree: {command: [./tree.sh], max_memory: 80MiB}}');
    await pm.out.waitFor('tree-1: grown');
    await pm.out.waitFor(/tree-1 uses \d+ MiB, over its max_memory of 80 MiB: it is restarted/);
    await pm.out.waitFor('tree-1: graceful');
    await pm.out.waitFor('pm: tree-1 restarts now (memory)');
    await pm.out.waitFor('tree-1: small');
    expect(pidsOf(pm, 'tree-1')).toHaveLength(2);
    await pm.stop();
  });
});
