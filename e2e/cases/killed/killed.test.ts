import { describe, expect } from 'vitest';
import { test, until, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const helper = process.env['PM_NATIVE'] !== 'off';

/** A service with descendants that escape it: a session of their own, a double fork, one that ignores SIGTERM. */
async function runEscaping(folder: Folder, pid1: boolean): Promise<Pm> {
  await folder.write(
    'escape.pl',
    `
use POSIX 'setsid';
for my $deaf (0, 1) {
  if (!fork) { setsid(); if (!fork) { $SIG{TERM} = 'IGNORE' if $deaf; sleep 1 while 1; } exit 0; }
}
$| = 1; print "up\\n";
sleep 1 while 1;
`,
  );
  const pm = await folder.run(
    `
processes:
  daemon: {command: [perl, escape.pl], scale: 2}
  hook:
    command: [sleep, "600"]
    hooks: {post_start: [{name: long, command: [perl, escape.pl, hook], timeout: 600s}]}
`,
    { pid1 },
  );
  await pm.out.waitFor(/^(daemon-1|daemon-2|hook:long): up$/, { times: 3 });
  await until('all have escaped', async () => (await folder.countProcesses('escape.pl')) === 9);
  return pm;
}

describe('a supervisor that is killed -9', () => {
  test('leaves nothing running: with the helper not, and as PID 1 never [line 23]', async ({ folder }) => {
    const pm = await runEscaping(folder, !helper);
    process.kill(await pm.pid(), 'SIGKILL');
    await until(
      'nothing is left',
      async () => (await folder.countProcesses('escape.pl')) + (await folder.countProcesses('sleep\u0000600')) === 0,
    );
  });

  test('as PID 1 takes all with it [lines 23, 28]', async ({ folder }) => {
    const pm = await runEscaping(folder, true);
    process.kill(await pm.pid(), 'SIGKILL');
    await until('nothing is left', async () => (await folder.countProcesses('escape.pl')) === 0);
  });

  test('without the helper and beside an init it leaves its services; the next one starts all the same [lines 8, 23]', async ({
    folder,
  }) => {
    const pm = await runEscaping(folder, false);
    pm.child.kill('SIGKILL');
    await pm.ended;
    if (helper) await until('nothing is left', async () => (await folder.countProcesses('escape.pl')) === 0);
    else expect(await folder.countProcesses('escape.pl')).toBe(9);
    const next = await folder.run('processes: {web: {command: [sh, -c, "echo up; exec sleep 600"]}}');
    await next.out.waitFor('web-1: up');
    expect((await next.stop()).code).toBe(0);
    for (const pid of [...(await folder.findProcesses('escape.pl')), ...(await folder.findProcesses('sleep\u0000600'))])
      process.kill(pid, 'SIGKILL');
  });
});

describe('two supervisors', () => {
  test('in one folder: the second refuses, names the first, and hurts nothing [lines 8, 26]', async ({ folder }) => {
    const first = await folder.run('processes: {web: {command: [sh, -c, "echo up; exec sleep 600"]}}');
    await first.out.waitFor('web-1: up');
    const second = folder.pm(['run']);
    expect((await second.ended).code).toBe(75);
    await second.err.waitFor(`another pm runs here already: pid ${first.child.pid}`);
    expect((await first.stop()).code).toBe(0);
    const third = folder.pm(['run']);
    await third.out.waitFor('web-1: up');
    await third.stop();
  });
});
