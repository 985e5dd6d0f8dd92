import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

const queue = (extra = ''): string => `
plugins: [${remotePlugin}]
processes:
  queue:
    command: [sh, -c, "trap 'echo $PM_INSTANCE >> gone; exit 0' TERM; echo port $PORT; while :; do sleep 0.02; done"]
    scale: 2
    port_base: 9000
    ${extra}
`;

test('scaling: up starts slots with their own port, down drains the highest first, 0 can be scaled up again [line 14]', async ({
  folder,
}) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(queue());
  await pm.out.waitFor('up after');
  await remote.dispatch({ type: 'scale', process: 'queue', to: 4 }, 10_000);
  await pm.out.waitFor('queue-4: port 9003');
  const down = await remote.dispatch({ type: 'scale', process: 'queue', to: 1 }, 10_000);
  expect(down.processes[0]?.instances.map((instance) => instance.id)).toEqual(['queue-1']);
  expect((await folder.read('gone')).split('\n').filter(Boolean).toSorted()).toEqual(['queue-2', 'queue-3', 'queue-4']);
  await remote.dispatch({ type: 'scale', process: 'queue', to: 0 }, 10_000);
  expect((await remote.snapshot()).processes[0]).toMatchObject({ state: 'STOPPED', scale: 0, instances: [] });
  const up = await remote.dispatch({ type: 'scale', process: 'queue', to: 2 }, 10_000);
  expect(up.processes[0]).toMatchObject({ state: 'READY', scale: 2, ready: true });
  await expect(remote.dispatch({ type: 'scale', process: 'queue', to: 101 })).rejects.toThrow('max_scale is 100');
  await pm.stop();
});

test('scaling: a crash of one instance is its own history [line 14]', async ({ folder }) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(`
plugins: [${remotePlugin}]
global: {restart_backoff: 10ms}
processes:
  queue: {scale: 3, command: [sh, -c, "[ $PM_INSTANCE_INDEX != 2 ] || [ -e once ] || { touch once; exit 5; }; echo up; exec sleep 600"]}
`);
  await pm.out.waitFor('queue-2: up');
  const instances = (await remote.snapshot()).processes[0]?.instances ?? [];
  expect(instances.map(({ restarts }) => restarts)).toEqual([0, 1, 0]);
  expect(instances[1]?.lastExit).toMatchObject({ code: 5, text: 'exit 5' });
  await pm.stop();
});

test('rolling restart: one at a time, the next when the last is ready, and it stops at one that does not come back [line 15]', async ({
  folder,
}) => {
  const remote = await useRemote(folder);
  const pm = await folder.run(`
plugins: [${remotePlugin}]
global: {process_start_timeout: 700ms, restart_backoff: 60s}
processes:
  web:
    scale: 3
    command: [sh, -c, "echo up $PM_INSTANCE; [ -e broken ] || { sleep 0.1; touch ready-$PM_INSTANCE; }; exec sleep 600"]
    ready: {file: "ready-\${PM_INSTANCE}"}
`);
  await pm.out.waitFor('up after');
  const before = (await remote.snapshot()).processes[0]?.instances ?? [];
  await remote.dispatch({ type: 'restart', targets: ['web'], rolling: true }, 20_000);
  const after = (await remote.snapshot()).processes[0]?.instances ?? [];
  expect(after.map(({ pid }) => pid)).not.toEqual(before.map(({ pid }) => pid));
  expect(after.every(({ ready }) => ready)).toBe(true);
  const order = pm.out.texts
    .flatMap((text) => /pm: (web-\d) (ended|is ready)/.exec(text)?.slice(1, 3).join(' ') ?? [])
    .slice(3);
  expect(order).toEqual([
    'web-1 ended',
    'web-1 is ready',
    'web-2 ended',
    'web-2 is ready',
    'web-3 ended',
    'web-3 is ready',
  ]);

  await folder.write('broken', '');
  await expect(remote.dispatch({ type: 'restart', targets: ['web'], rolling: true }, 20_000)).rejects.toThrow(
    'rolling restart stopped at web-1: not ready within 0.7 s',
  );
  const left = (await remote.snapshot()).processes[0]?.instances ?? [];
  expect(left.slice(1).map(({ pid }) => pid)).toEqual(after.slice(1).map(({ pid }) => pid));
  await pm.stop();
});
