import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

const base = `
plugins: [${remotePlugin}]
processes:
  web: {command: [sleep, "600"]}
templates:
  "vpn@": {command: [sh, -c, "echo tunnel %i; exec sleep 600"], initial_state: stopped}
`;

test('dynamic processes: created, unchanged, changed and removed; they survive a reload and pass the same gates [line 17]', async ({
  folder,
}) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(base);
  await pm.out.waitFor('up after');
  const put = (declaration: unknown) => remote.dispatch({ type: 'put-process', name: 'job', declaration }, 10_000);
  expect(await put({ command: ['sleep', '600'] })).toMatchObject({ changed: true });
  await pm.out.waitFor('job-1 started');
  expect(await put({ command: ['sleep', '600'] })).toMatchObject({ changed: false });
  expect(await put({ command: ['sleep', '601'] })).toMatchObject({ changed: true });
  await pm.out.waitFor(/job-1 started/, { times: 2 });
  await expect(put({ command: ['sleep', '1'], restrat: 'never' })).rejects.toThrow();
  await expect(
    remote.dispatch({ type: 'put-process', name: 'web', declaration: { command: ['true'] } }),
  ).rejects.toThrow('"web" is declared by the configuration file');

  await folder.write('pm.yaml', base.replace('"600"', '"602"'));
  await pm.signal('SIGHUP');
  await pm.out.waitFor(/configuration applied: changed web/);
  expect((await remote.snapshot()).processes.find(({ name }) => name === 'job')).toMatchObject({
    source: 'dynamic',
    ready: true,
  });

  await remote.dispatch({ type: 'remove-process', name: 'job' }, 10_000);
  expect((await remote.snapshot()).processes.map(({ name }) => name)).toEqual(['web']);
  await expect(remote.dispatch({ type: 'remove-process', name: 'web' })).rejects.toThrow(
    '"web" was not declared at run time',
  );
  await pm.stop();
});

test('dynamic processes: reconcile makes a labelled set exactly this, and leaves the rest alone [line 17]', async ({
  folder,
}) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(base);
  await pm.out.waitFor('up after');
  const sleep = { command: ['sleep', '600'] };
  const reconcile = (declarations: Record<string, unknown>, dryRun = false) =>
    remote.dispatch({ type: 'reconcile', label: ['owner', 'router'], declarations, dryRun }, 10_000);
  await remote.dispatch({ type: 'put-process', name: 'mine', declaration: sleep }, 10_000);
  await reconcile({ a: sleep, b: sleep });
  const pids = async (): Promise<Record<string, number | undefined>> =>
    Object.fromEntries((await remote.snapshot()).processes.map(({ name, instances }) => [name, instances[0]?.pid]));
  const before = await pids();
  expect(Object.keys(before).toSorted()).toEqual(['a', 'b', 'mine', 'web']);
  expect((await reconcile({ b: sleep, c: sleep }, true)).diff).toMatchObject({ added: ['c'], removed: ['a'] });
  expect(await pids()).toEqual(before);
  await reconcile({ b: sleep, c: sleep });
  const after = await pids();
  expect(Object.keys(after).toSorted()).toEqual(['b', 'c', 'mine', 'web']);
  expect(after).toMatchObject({ b: before['b'], mine: before['mine'], web: before['web'] });
  await pm.stop();
});

test('dynamic processes: they start where a default bundle or --only says what boots [line 17]', async ({ folder }) => {
  const remote = await useRemote(folder);
  await folder.write('pm.yaml', `${base}bundles: {default: [web]}\n`);
  for (const only of [[], ['--only', 'web']]) {
    const pm = folder.pm(['run', ...only]);
    await pm.out.waitFor('up after');
    const declaration = { command: ['sleep', '600'] };
    await remote.dispatch({ type: 'put-process', name: 'job', declaration }, 10_000);
    const { processes } = await remote.snapshot();
    expect(processes.map(({ name, ready }) => [name, ready])).toEqual([
      ['web', true],
      ['job', true],
    ]);
    await pm.stop();
  }
});

test('templates: an instance exists when it is asked for [line 17]', async ({ folder }) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(base);
  await pm.out.waitFor('up after');
  await remote.dispatch({ type: 'start', targets: ['vpn@eu'] }, 10_000);
  await pm.out.waitFor('vpn@eu-1: tunnel eu');
  await expect(remote.dispatch({ type: 'start', targets: ['vnp@eu'] })).rejects.toThrow(/vpn@/);
  await pm.stop();
});
