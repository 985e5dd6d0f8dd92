import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

/** Writes when it is told to stop and when it has: any overlap shows. */
const slow = (seconds: number): string =>
  `[sh, -c, "trap 'echo $PM_PROCESS-told >> order; sleep ${seconds}; echo $PM_PROCESS-gone >> order; exit 0' TERM; echo up; while :; do sleep 0.02; done"]`;

test('stop order: dependents are fully gone before what they depend on is told [line 20]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  php-fpm: {command: ${slow(0.1)}}
  nginx: {command: ${slow(0.4)}, depends_on: php-fpm}
`);
  await pm.out.waitFor(/: up$/, { times: 2 });
  await pm.stop();
  expect(await folder.read('order')).toBe('nginx-told\nnginx-gone\nphp-fpm-told\nphp-fpm-gone\n');
});

test('stop order: waves of priority in reverse, the members of one in parallel [line 20]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  first: {command: ${slow(0.1)}, priority: 10}
  a: {command: ${slow(0.6)}, priority: 20}
  b: {command: ${slow(0.6)}, priority: 20}
`);
  await pm.out.waitFor(/: up$/, { times: 3 });
  await pm.stop();
  const lines = (await folder.read('order')).split('\n').filter(Boolean);
  expect(lines.slice(0, 2).toSorted()).toEqual(['a-told', 'b-told']);
  expect(lines.slice(2, 4).toSorted()).toEqual(['a-gone', 'b-gone']);
  expect(lines.slice(4)).toEqual(['first-told', 'first-gone']);
});

test.for(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
  'stop triggers: %s stops in order with code 0 [lines 19, 26]',
  async (signal, { folder }) => {
    const pm = await folder.run(`processes: {web: {command: ${slow(0.1)}}}`);
    await pm.out.waitFor('web-1: up');
    expect(await pm.stop(signal)).toEqual({ code: 0, signal: null });
    expect(await folder.read('order')).toBe('web-told\nweb-gone\n');
  },
);

test('stop triggers: a second signal kills at once [line 19]', async ({ folder }) => {
  const pm = await folder.run(`processes: {web: {command: ${slow(600)}}}`);
  await pm.out.waitFor('web-1: up');
  await pm.signal('SIGTERM');
  await pm.out.waitFor('stopping: SIGTERM');
  expect(await pm.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  await pm.out.waitFor('web-1 did not end in time: SIGKILL was sent');
});
