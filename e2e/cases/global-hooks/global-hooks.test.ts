import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

test('global hooks: pre_start in order before, post_start when all is ready, pre_stop and post_stop around the stop [lines 2, 7, 20]', async ({
  folder,
}) => {
  const say = (word: string): string => `{name: ${word}, command: [sh, -c, "echo ${word} >> order"]}`;
  const pm = await folder.run(`
hooks:
  pre-start: [${say('one')}, ${say('two')}]
  post_start: [${say('all-ready')}]
  pre_stop: [${say('stopping')}]
  post_stop: [${say('gone')}]
processes:
  web:
    command: [sh, -c, "echo web >> order; trap 'echo web-gone >> order; exit 0' TERM; sleep 0.3; echo web-ready >> order; touch ready; while :; do sleep 0.05; done"]
    ready: {file: ready}
`);
  await pm.out.waitFor('up after');
  await pm.stop();
  expect(await folder.read('order')).toBe('one\ntwo\nweb\nweb-ready\nall-ready\nstopping\nweb-gone\ngone\n');
});

test('global hooks: a pre_start that fails after its retries aborts the boot with code 1 [lines 2, 26]', async ({
  folder,
}) => {
  const pm = await folder.run(`
hooks:
  pre_start: [{name: check, command: [sh, -c, "echo try >> order; exit 4"], retry: 2, retry_delay: 50ms}]
processes:
  web: {command: [sh, -c, "echo web >> order; sleep 60"]}
`);
  expect(await pm.ended).toEqual({ code: 1, signal: null });
  expect(await folder.read('order')).toBe('try\ntry\ntry\n');
  await pm.out.waitFor('pm: hook "check" failed: exit 4');
});

test('global hooks: a hook over its time limit is killed with everything it started [line 37]', async ({ folder }) => {
  const pm = await folder.run(`
hooks:
  post_start: [{name: hang, command: [sh, -c, "(sleep 600.125 & sleep 600.125) & sleep 600.125"], timeout: 300ms}]
processes:
  web: {command: [sleep, "60"]}
`);
  await pm.out.waitFor('pm: hook "hang" was killed after its time limit of 300ms');
  await pm.out.waitFor('up after');
  expect(await folder.countProcesses('sleep\u0000600.125')).toBe(0);
  await pm.stop();
});
