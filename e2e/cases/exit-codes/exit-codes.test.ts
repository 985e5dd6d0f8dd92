import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

test('exit codes: a required process that gives up ends everything with its code [lines 11, 26]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  migrate: {type: oneshot, command: [sh, -c, "exit 7"]}
  web: {command: [sleep, "600"], depends_on: migrate}
`);
  expect(await pm.ended).toEqual({ code: 7, signal: null });
});

test('exit codes: 128 + N when a signal ended the required process [lines 11, 26]', async ({ folder }) => {
  const pm = await folder.run(`
global: {max_restart_attempts: 0}
processes:
  web: {command: [sh, -c, "kill -SEGV $$"], required: true}
  other: {command: [sleep, "600"]}
`);
  expect(await pm.ended).toEqual({ code: 139, signal: null });
});

test('exit codes: on_process_failure shutdown, when a process that is not required gives up [line 11]', async ({
  folder,
}) => {
  const pm = await folder.run(`
global: {max_restart_attempts: 0, on_process_failure: shutdown}
processes:
  worker: {command: [sh, -c, "exit 4"]}
  other: {command: [sleep, "600"]}
`);
  expect(await pm.ended).toEqual({ code: 4, signal: null });
});

test('exit codes: idle ends with 0, or with the first failing code [lines 13, 26]', async ({ folder }) => {
  const fine = await folder.run('processes: {job: {type: oneshot, command: ["true"]}}');
  expect(await fine.ended).toEqual({ code: 0, signal: null });
  const failed = await folder.run(`
processes:
  a: {type: oneshot, required: false, command: [sh, -c, "exit 5"]}
  b: {type: oneshot, required: false, command: [sh, -c, "sleep 0.3; exit 6"]}
`);
  expect(await failed.ended).toEqual({ code: 5, signal: null });
});

test('exit codes: not idle while something is on demand, in backoff, or on_idle says stay [line 13]', async ({
  folder,
}) => {
  const onDemand = await folder.run(`
processes:
  job: {type: oneshot, command: ["true"]}
  later: {initial_state: stopped, command: [sleep, "600"]}
`);
  await onDemand.out.waitFor('job-1 completed');
  await onDemand.out.waitFor('up after');
  expect(onDemand.child.exitCode).toBeNull();
  expect((await onDemand.stop()).code).toBe(0);
});

test('exit codes: 78 for a bad configuration, having started nothing [lines 1, 26]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  good: {command: [sh, -c, "touch started; sleep 600"]}
  bad: {command: [sleep, "1"], restrat: never}
`);
  expect(await pm.ended).toEqual({ code: 78, signal: null });
  await pm.err.waitFor(/pm\.yaml:4:32.*restrat/);
  await pm.err.waitFor('restart');
  expect(await folder.exists('started')).toBe(false);
});

test('exit codes: 64 for a bad command line, 75 when another pm runs here, naming its pid [lines 8, 26]', async ({
  folder,
}) => {
  expect(await folder.pm(['run', '--nonsense']).ended).toEqual({ code: 64, signal: null });
  const first = await folder.run('processes: {web: {command: [sleep, "600"]}}');
  await first.out.waitFor('web-1 started');
  const second = folder.pm(['run']);
  expect(await second.ended).toEqual({ code: 75, signal: null });
  await second.err.waitFor(`pid ${first.child.pid}`);
  expect((await first.stop()).code).toBe(0);
  const third = folder.pm(['run']);
  await third.out.waitFor('web-1 started');
  await third.signal('SIGKILL');
  await third.ended;
  const fourth = folder.pm(['run']);
  await fourth.out.waitFor('web-1 started');
  await fourth.stop();
});
