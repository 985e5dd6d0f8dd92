import { expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';

test('stopping one: pre_stop hooks, then the signal, then its time; traps run to their end [line 21]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  web:
    command: [sh, -c, "trap 'echo got-signal >> order; sleep 0.5; echo finished >> order; exit 0' TERM; echo up; while :; do sleep 0.05; done"]
    hooks: {pre_stop: [{name: drain, command: [sh, -c, "sleep 0.2; echo hook >> order"]}], post_stop: [{name: after, command: [sh, -c, "echo after >> order"]}]}
`);
  await pm.out.waitFor('web-1: up');
  expect((await pm.stop()).code).toBe(0);
  expect(await folder.read('order')).toBe('hook\ngot-signal\nfinished\nafter\n');
});

test('stopping one: all seven of seven traps run to their end [line 21]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  worker:
    scale: 7
    command: [sh, -c, "trap 'sleep 0.3; echo done-$PM_INSTANCE_INDEX >> traps; exit 0' TERM; echo up; while :; do sleep 0.05; done"]
`);
  await pm.out.waitFor(/: up$/, { times: 7 });
  await pm.stop();
  expect((await folder.read('traps')).split('\n').filter(Boolean).toSorted()).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((index) => `done-${index}`),
  );
});

test('stopping one: a pre_stop hook that hangs or dies never keeps the signal from being sent [line 21]', async ({
  folder,
}) => {
  const pm = await folder.run(`
processes:
  web:
    command: [sh, -c, "trap 'echo got-signal >> order; exit 0' TERM; echo up; while :; do sleep 0.05; done"]
    hooks: {pre_stop: [{name: dead, command: [/does/not/exist]}]}
    shutdown: {timeout: 1s, pre_stop_hook: {name: hang, command: [sleep, "600"], timeout: 500s}}
`);
  await pm.out.waitFor('web-1: up');
  expect((await pm.stop()).code).toBe(0);
  expect(await folder.read('order')).toBe('got-signal\n');
});

test('stopping one: what ignores its signal is killed when its time is over [line 21]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  deaf: {command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 0.05; done"], shutdown: {timeout: 300ms}}
`);
  await pm.out.waitFor('deaf-1: up');
  expect((await pm.stop()).code).toBe(0);
  await pm.out.waitFor('deaf-1 did not end in time: SIGKILL was sent');
});

test('stopping one: another stop signal, a stop command, and none of them when graceful is false [line 21]', async ({
  folder,
}) => {
  const trap = (signal: string): string =>
    `[sh, -c, "trap 'echo $PM_PROCESS-${signal} >> order; exit 0' ${signal}; echo up; while :; do sleep 0.05; done"]`;
  const pm = await folder.run(`
processes:
  quit: {command: ${trap('QUIT')}, shutdown: {signal: SIGQUIT}}
  command: {command: ${trap('USR1')}, stop_command: [sh, -c, "kill -USR1 $PM_PID"]}
  abrupt: {command: ${trap('TERM')}, shutdown: {graceful: false}}
`);
  await pm.out.waitFor(/: up$/, { times: 3 });
  await pm.stop();
  expect((await folder.read('order')).split('\n').filter(Boolean).toSorted()).toEqual(['command-USR1', 'quit-QUIT']);
});

test('stopping one: a suspended process still gets its signal [line 21]', async ({ folder }) => {
  const pm = await folder.run(`
processes:
  web: {command: [sh, -c, "trap 'echo got-signal >> order; exit 0' TERM; echo up; while :; do sleep 0.05; done"]}
`);
  await pm.out.waitFor('web-1: up');
  const pid = /started \(pid (\d+)\)/.exec(pm.out.texts.find((text) => text.includes('web-1 started')) ?? '')?.[1];
  process.kill(Number(pid), 'SIGSTOP');
  await pm.stop();
  expect(await folder.read('order')).toBe('got-signal\n');
});

/** Main process and child, each writing when it hears SIGTERM; the main process needs a moment to end. */
const family = `[sh, -c, "(trap 'echo child >> order; exit 0' TERM; echo up; while :; do sleep 0.02; done) & trap 'echo main >> order; sleep 0.4; echo main-done >> order; exit 0' TERM; echo up; while :; do sleep 0.02; done"]`;

test('kill modes: mixed signals the main process alone; what it leaves behind is ended after it [line 22]', async ({
  folder,
}) => {
  const pm = await folder.run(`processes: {web: {command: ${family}}}`);
  await pm.out.waitFor('web-1: up', { times: 2 });
  await pm.stop();
  expect(await folder.read('order')).toBe('main\nmain-done\nchild\n');
});

test('kill modes: group signals the whole group at once [line 22]', async ({ folder }) => {
  const pm = await folder.run(`processes: {web: {command: ${family}, shutdown: {kill_mode: group}}}`);
  await pm.out.waitFor('web-1: up', { times: 2 });
  await pm.stop();
  const lines = (await folder.read('order')).split('\n').filter(Boolean);
  expect(lines.slice(0, 2).toSorted()).toEqual(['child', 'main']);
  expect(lines.at(-1)).toBe('main-done');
});

test('kill modes: what a shell started has the whole grace period, and hears the stop once [line 22]', async ({
  folder,
}) => {
  await folder.write(
    'child.sh',
    '#!/bin/sh\ntrap "echo told >> order" TERM\necho up\nwhile [ ! -e order ]; do sleep 0.05; done\nsleep 1.6\necho finished >> order\n',
  );
  const pm = await folder.run(`
processes:
  web: {shell: true, command: "./child.sh; true", shutdown: {timeout: 20s}}
`);
  await pm.out.waitFor('web-1: up');
  await pm.stop();
  expect(await folder.read('order')).toBe('told\nfinished\n');
});

test('kill modes: with shell: true the group is the default, so that what the shell started hears it [line 22]', async ({
  folder,
}) => {
  await folder.write(
    'child.sh',
    '#!/bin/sh\ntrap "echo child >> order; exit 0" TERM\necho up\nwhile :; do sleep 0.05; done\n',
  );
  const pm = await folder.run(`
processes:
  web: {shell: true, command: "./child.sh; true"}
`);
  await pm.out.waitFor('web-1: up');
  await pm.stop();
  expect(await folder.read('order')).toBe('child\n');
});

test('stopped means nothing is left: descendants that escaped are ended too, and a restart waits for that [line 23]', async ({
  folder,
}) => {
  const script = await folder.write(
    'escape.pl',
    `
use POSIX 'setsid';
# A daemon: two forks and a session of its own; then one that ignores SIGTERM as well.
for my $deaf (0, 1) {
  if (!fork) { setsid(); if (!fork) { $SIG{TERM} = 'IGNORE' if $deaf; sleep 1 while 1; } exit 0; }
}
$| = 1; print "up\\n";
sleep 1 while 1;
`,
  );
  const pm = await folder.run(`
processes:
  daemon: {command: [perl, ${script}]}
`);
  await pm.out.waitFor('daemon-1: up');
  await until('both have escaped', async () => (await folder.countProcesses(script)) >= 3);
  await pm.stop();
  expect(await folder.countProcesses(script)).toBe(0);
});

test('a restart never overlaps its predecessor, nor what that left behind [line 23]', async ({ folder }) => {
  // The child it leaves holds a lock for as long as it lives; a successor that finds the lock taken says so.
  await folder.write(
    'main.sh',
    `#!/bin/sh
mkdir lock || echo overlap
(trap 'sleep 0.3; rmdir lock; exit 0' TERM; while :; do sleep 0.02; done) &
sleep 0.2
exit 1
`,
  );
  const pm = await folder.run(`
global: {restart_backoff: 0, max_restart_attempts: -1}
processes:
  web: {command: [./main.sh]}
`);
  await pm.out.waitFor('web-1 started', { times: 4 });
  await pm.stop();
  expect(pm.out.texts.filter((text) => text.includes('overlap'))).toEqual([]);
});
