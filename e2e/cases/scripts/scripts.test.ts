import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

describe('pre_script and post_script', () => {
  test('run before and after the start, with the environment of the process', async ({ folder }) => {
    await folder.write('pre.sh', '#!/bin/sh\necho pre $PM_INSTANCE $COLOUR >> order\n');
    await folder.write('post.sh', '#!/bin/sh\necho post $PM_INSTANCE $COLOUR >> order\n');
    const pm = await folder.run(`
processes:
  web: {command: [sh, -c, "echo web >> order; exec sleep 600"], env: {COLOUR: red}, pre_script: ./pre.sh, post_script: ./post.sh, post_script_timeout: 100ms}
`);
    await until('all have run', async () => (await folder.read('order')).split('\n').length === 4);
    expect(await folder.read('order')).toBe('pre web-1 red\nweb\npost web-1 red\n');
    expect((await pm.stop()).code).toBe(0);
  });

  test('a pre_script that fails is a failed start: retried, then given up, and the process never ran [line 12]', async ({
    folder,
  }) => {
    await folder.write('pre.sh', '#!/bin/sh\necho pre >> order\nexit 4\n');
    const pm = await folder.run(`
global: {on_idle: stay, restart_backoff: 0, max_restart_attempts: 1}
processes:
  web: {command: [sh, -c, "echo web >> order"], pre_script: ./pre.sh}
`);
    await pm.out.waitFor(/pm: web-1 failed: .*pre_start: .*exit 4; gave up after 1 restart/);
    await pm.stop();
    expect(await folder.read('order')).toBe('pre\npre\n');
  });

  test('a post_script waits its time (7 s unless said otherwise), is not run for a process that has gone, and its failure only warns', async ({
    folder,
  }) => {
    await folder.write('post.sh', '#!/bin/sh\necho $PM_INSTANCE >> order\nexit 5\n');
    const pm = await folder.run(`
global: {on_idle: stay}
processes:
  gone: {command: [sh, -c, "exit 0"], restart: never, post_script: ./post.sh, post_script_timeout: 200ms}
  soon: {command: [sleep, "600"], post_script: ./post.sh, post_script_timeout: 400ms}
  late: {command: [sleep, "600"], post_script: ./post.sh}
`);
    await pm.out.waitFor('pm: soon: hook "post_script" failed: exit 5');
    expect(await folder.read('order')).toBe('soon-1\n');
    expect((await pm.stop()).code).toBe(0);
    expect(await folder.read('order')).toBe('soon-1\n');
  });
});
