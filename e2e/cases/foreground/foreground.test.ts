import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const services =
  'processes: {db: {command: [sh, -c, "trap \'echo db-gone; exit 0\' TERM; touch ready; while :; do sleep 0.05; done"], ready: {file: ready}}}';

test('a command after --: runs when the services are ready, has our output and environment, and its code is the container’s [line 27]', async ({
  folder,
}) => {
  await folder.write('pm.yaml', services);
  const pm = folder.pm(['run', '--', 'sh', '-c', 'echo "hello $GREETED from $(ls ready)"; exit 42'], {
    env: { GREETED: 'world' },
  });
  expect(await pm.ended).toEqual({ code: 42, signal: null });
  await pm.out.waitFor(/^hello world from ready$/);
  await pm.out.waitFor('db-1: db-gone');
});

test('a command after --: gets SIGTERM first, the services go after it [line 27]', async ({ folder }) => {
  await folder.write('pm.yaml', services);
  const pm = folder.pm([
    'run',
    '--',
    'sh',
    '-c',
    'trap "echo main-gone; exit 9" TERM; echo main-up; while :; do sleep 0.05; done',
  ]);
  await pm.out.waitFor('main-up');
  await pm.signal('SIGTERM');
  expect(await pm.ended).toEqual({ code: 9, signal: null });
  const order = pm.out.texts.filter((text) => text.endsWith('-gone'));
  expect(order).toEqual(['main-gone', 'db-1: db-gone']);
});

test('a command after --: SIGINT is the command’s, not the end of the services [line 27]', async ({ folder }) => {
  await folder.write('pm.yaml', services);
  const pm = folder.pm([
    'run',
    '--',
    'sh',
    '-c',
    'trap "echo interrupted" INT; echo main-up; while [ ! -e go ]; do sleep 0.05; done',
  ]);
  await pm.out.waitFor('main-up');
  await pm.signal('SIGINT');
  await pm.out.waitFor('interrupted');
  expect(pm.out.texts.some((text) => text.includes('db-gone'))).toBe(false);
  await folder.write('go', '');
  expect(await pm.ended).toEqual({ code: 0, signal: null });
});

test('--only: boots the named processes and what they need, nothing else [line 27]', async ({ folder }) => {
  const say = '[sh, -c, "echo $PM_PROCESS up; exec sleep 600"]';
  await folder.write(
    'pm.yaml',
    `
processes:
  redis: {command: ${say}}
  web: {command: ${say}, depends_on: redis}
  worker: {command: ${say}, depends_on: redis}
`,
  );
  const pm = folder.pm(['run', '--only', 'web']);
  await pm.out.waitFor('web-1: web up');
  await pm.out.waitFor('up after');
  await pm.stop();
  expect(pm.out.texts.filter((text) => text.endsWith(' up'))).toEqual(['redis-1: redis up', 'web-1: web up']);
});
