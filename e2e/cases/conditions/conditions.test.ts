import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { startsSince } from '../../harness/pids.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

const up = '[sh, -c, "echo up; exec sleep 600"]';

describe('only_if and skip_if', () => {
  test('by variable, by file, by command: who takes part, and why the others do not', async ({ folder }) => {
    await folder.write('there', '');
    const remote = await useRemote(folder);
    const pm = await folder.run(
      `
plugins: {${remotePlugin}: {}}
processes:
  set: {command: ${up}, only_if: {env: ROLE}}
  equal: {command: ${up}, only_if: {env: ROLE=web}}
  other: {command: ${up}, only_if: {env: ROLE=worker}}
  unset: {command: ${up}, only_if: {env: MISSING}}
  file: {command: ${up}, only_if: {file: ${folder.path}/there}}
  no-file: {command: ${up}, only_if: {file: ${folder.path}/missing}}
  yes: {command: ${up}, only_if: {command: ["true"]}}
  no: {command: ${up}, only_if: {command: [sh, -c, "exit 3"]}}
  both: {command: ${up}, only_if: {env: ROLE, file: ${folder.path}/missing}}
  skipped: {command: ${up}, skip_if: {env: ROLE=web}}
  kept: {command: ${up}, skip_if: {env: ROLE=worker}}
`,
      { env: { ROLE: 'web' } },
    );
    await pm.out.waitFor('pm: up after');
    expect(startsSince(pm, 0).toSorted()).toEqual(['equal-1', 'file-1', 'kept-1', 'set-1', 'yes-1']);
    const { processes } = await remote.snapshot();
    const reasons = Object.fromEntries(
      processes.filter(({ reason }) => reason?.startsWith('skipped')).map(({ name, reason }) => [name, reason]),
    );
    expect(reasons).toMatchObject({
      other: 'skipped: only_if env ROLE is not "worker"',
      unset: 'skipped: only_if env MISSING is not set',
      'no-file': `skipped: only_if file ${folder.path}/missing does not exist`,
      both: `skipped: only_if file ${folder.path}/missing does not exist`,
      skipped: 'skipped: skip_if holds',
    });
    expect(reasons['no']).toMatch(/^skipped: only_if command: .*exit 3/);
    expect((await pm.stop()).code).toBe(0);
  });

  test('a skipped dependency counts as satisfied, and a skipped process can be started by hand [line 3]', async ({
    folder,
  }) => {
    const remote = await useRemote(folder);
    const pm = await folder.run(
      `
plugins: {${remotePlugin}: {}}
processes:
  migrate: {type: oneshot, command: ["false"], skip_if: {env: SKIP_MIGRATIONS}}
  redis: {command: ${up}, only_if: {env: WITH_REDIS}}
  web: {command: ${up}, depends_on: [migrate, redis]}
`,
      { env: { SKIP_MIGRATIONS: '1' } },
    );
    await pm.out.waitFor('web-1: up');
    await pm.out.waitFor('pm: up after');
    expect(startsSince(pm, 0)).toEqual(['web-1']);
    await remote.dispatch({ type: 'start', targets: ['redis'] }, 5000);
    await pm.out.waitFor('redis-1: up');
    await pm.stop();
  });

  test('a condition that hangs holds up nothing but the boot, and a stop ends it [line 6]', async ({ folder }) => {
    const pm = await folder.run(
      `processes: {web: {command: ${up}, only_if: {command: [sh, -c, "echo asked >> asked; exec sleep 600"]}}}`,
    );
    await until('it is asked', () => folder.exists('asked'));
    expect((await pm.stop()).code).toBe(0);
    expect(startsSince(pm, 0)).toEqual([]);
    expect(await folder.countProcesses('sleep\u0000600')).toBe(0);
  });
});
