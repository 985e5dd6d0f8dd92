import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

test('restarts: a crash loop is told in words, backs off, and gives up [lines 9, 10, 11]', async ({ folder }) => {
  const pm = await folder.run(`
global: {restart_backoff: {initial: 50ms, factor: 2, jitter: 0}, max_restart_attempts: 2, on_idle: stay}
processes:
  crash: {command: [sh, -c, "kill -SEGV $$"]}
`);
  await pm.out.waitFor('crash-1 failed: killed by SIGSEGV; gave up after 2 restarts');
  expect(pm.out.texts.filter((text) => text.includes('ended after'))).toHaveLength(3);
  await pm.out.waitFor('crash-1 restarts in 50 ms (crash, attempt 1)');
  await pm.out.waitFor('crash-1 restarts in 100 ms (crash, attempt 2)');
  expect((await pm.stop()).code).toBe(0);
});

test('restarts: a clean exit after a second restarts at once and never counts [line 10]', async ({ folder }) => {
  const pm = await folder.run(`
global: {max_restart_attempts: 1, restart_backoff: 60s}
processes:
  worker: {command: [sleep, "1.05"]}
`);
  await pm.out.waitFor(/worker-1 started/, { times: 4 });
  expect(pm.out.texts.filter((text) => text.includes('worker-1 restarts now (exit)')).length).toBeGreaterThanOrEqual(3);
  await pm.stop();
});

test('restarts: on-failure leaves a success alone, never leaves everything alone, success_exit_codes decide [line 10]', async ({
  folder,
}) => {
  const pm = await folder.run(`
global: {restart_backoff: 50ms, max_restart_attempts: 1, on_idle: stay}
processes:
  fine: {command: ["true"], restart: on-failure}
  listed: {command: [sh, -c, "kill $$"], restart: on-failure, success_exit_codes: [0, SIGTERM]}
  once: {command: ["false"], restart: never}
`);
  await pm.out.waitFor('fine-1 completed');
  await pm.out.waitFor('listed-1 completed');
  await pm.out.waitFor('once-1 failed: exit 1; restart policy never');
  await pm.stop();
});

test('restarts: a finish hook sees how it ended, and 125 means do not restart [line 10]', async ({ folder }) => {
  const pm = await folder.run(`
global: {on_idle: stay, restart_backoff: 50ms}
processes:
  job:
    command: [sh, -c, "exit 9"]
    hooks:
      finish: [{name: bury, command: [sh, -c, "echo code=$PM_EXIT_CODE signal=$PM_EXIT_SIGNAL >> ends; exit 125"]}]
`);
  await pm.out.waitFor('job-1 failed: exit 9; a finish hook exited 125: no restart');
  expect(await folder.read('ends')).toBe('code=9 signal=\n');
  await pm.stop();
});

test('restarts: a spawn that fails is counted, retried and explained [line 12]', async ({ folder }) => {
  const pm = await folder.run(`
global: {restart_backoff: 300ms, on_idle: stay}
processes:
  make: {type: oneshot, command: [sh, -c, "printf '#!/bin/sh\\nexec sleep 60\\n' > late.sh; chmod +x late.sh"], ready: {after: 0}}
  late: {command: [./late.sh], depends_on: {make: {condition: started}}, working_dir: ${folder.path}/later}
  mkdir: {type: oneshot, command: [sh, -c, "sleep 0.5; mkdir later; cp late.sh later"]}
`);
  await pm.out.waitFor(/late-1.*later/);
  await pm.out.waitFor('late-1 started');
  await pm.stop();
});
