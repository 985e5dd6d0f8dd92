import { chmod, mkdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { useAccounts } from '../../harness/accounts.ts';
import { test, type Folder } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const helper = process.env['PM_NATIVE'] !== 'off';
const show =
  '[sh, -c, "echo uid=$(id -u) gid=$(id -g) groups=$(id -G); echo home=$HOME user=$USER logname=$LOGNAME; sleep 600"]';

/** As root, with variables of root's own. */
async function run(folder: Folder, yaml: string): Promise<Pm> {
  return folder.run(yaml, { under: await useAccounts(folder), env: { HOME: '/root', USER: 'root', LOGNAME: 'root' } });
}

describe('user', () => {
  test('by name or by number: with its own group, those that list it, and its home', async ({ folder }) => {
    const pm = await run(
      folder,
      `
processes:
  name: {command: ${show}, user: app}
  number: {command: ${show}, user: 1500}
  text: {command: ${show}, user: "1500"}
  named-like-a-number: {command: ${show}, user: "1234"}
  root: {command: ${show}}
`,
    );
    for (const name of ['name', 'number', 'text']) {
      await pm.out.waitFor(`${name}-1: uid=1500 gid=1500 groups=1500 1600 1700`);
      await pm.out.waitFor(`${name}-1: home=/home/app user=app logname=app`);
    }
    await pm.out.waitFor('named-like-a-number-1: uid=1501 gid=1501 groups=1501');
    await pm.out.waitFor(/^root-1: uid=0 gid=0 /);
    await pm.out.waitFor('root-1: home=/root user=root logname=root');
    expect((await pm.stop()).code).toBe(0);
  });

  test('with another group, and a number that nobody owns', async ({ folder }) => {
    const pm = await run(
      folder,
      `
processes:
  group: {command: ${show}, user: app, group: media}
  stranger: {command: ${show}, user: 4321, group: 1700}
`,
    );
    await pm.out.waitFor(/^group-1: uid=1500 gid=1700 groups=1700 1600$/);
    await pm.out.waitFor(/^stranger-1: uid=4321 gid=1700 groups=1700$/);
    // Nobody's name is better than root's.
    await pm.out.waitFor(/^stranger-1: home=\/ user= logname=$/);
    await pm.stop();
  });

  test('of global is the default; hooks, probes and conditions run as the user of their process', async ({
    folder,
  }) => {
    await chmod(folder.path, 0o777);
    const as = (who: string): string => `[sh, -c, "echo ${who} $(id -u) >> who"]`;
    await folder.write('who', '');
    await chmod(`${folder.path}/who`, 0o666);
    const pm = await run(
      folder,
      `
global: {user: nobody}
hooks: {pre_start: [{name: global, command: ${as('global-hook')}}]}
processes:
  default: {command: [sh, -c, "echo uid=$(id -u); sleep 600"]}
  own:
    user: app
    command: [sh, -c, "echo uid=$(id -u); sleep 600"]
    only_if: {command: ${as('condition')}}
    ready: {command: ${as('ready')}}
    stop_command: [sh, -c, "echo stop $(id -u) >> who; kill $PM_PID"]
    hooks:
      pre_start: [{name: before, command: ${as('pre_start')}}, {name: root, command: ${as('of-its-own')}, user: root}]
      finish: [{name: after, command: ${as('finish')}}]
`,
    );
    await pm.out.waitFor('default-1: uid=65534');
    await pm.out.waitFor('own-1: uid=1500');
    await pm.out.waitFor('pm: up after');
    await pm.stop();
    expect((await folder.read('who')).split('\n').filter(Boolean)).toEqual([
      'global-hook 65534',
      'condition 1500',
      'pre_start 1500',
      'of-its-own 0',
      'ready 1500',
      'stop 1500',
      'finish 1500',
    ]);
  });

  test('gets pipes that it can open again [line 32]', async ({ folder }) => {
    const pm = await run(
      folder,
      'processes: {web: {user: app, command: [sh, -c, "echo out > /dev/stdout; echo err > /proc/self/fd/2; sleep 600"]}}',
    );
    await pm.out.waitFor('web-1: out');
    await pm.out.waitFor('web-1: err');
    await pm.stop();
  });

  test('that does not exist ends the boot with 78, its place and the name that was meant [lines 1, 12]', async ({
    folder,
  }) => {
    const pm = await run(
      folder,
      `
processes:
  other: {command: [sh, -c, "echo other >> started"]}
  web: {command: [sleep, "600"], user: ap, group: meda}
`,
    );
    expect((await pm.ended).code).toBe(78);
    const said = pm.err.lines.join('\n');
    expect(said).toMatch(/pm\.yaml:4:\d+ error processes\.web\.(user|group): (user "ap"|group "meda") does not exist/);
    expect(said).toMatch(/Did you mean "(app|media)"\?/);
    expect(await folder.exists('started')).toBe(false);
  });

  test('is who enters its working directory [line 12]', async ({ folder }) => {
    await mkdir(`${folder.path}/locked`, { mode: 0o700 });
    const pm = await run(
      folder,
      `
global: {on_idle: stay, max_restart_attempts: 0}
processes: {web: {user: app, working_dir: ${folder.path}/locked, command: [sh, -c, "echo uid=$(id -u); ls"]}}
`,
    );
    // Node alone enters it as root, and becomes the user only then: so the user is there, and can do nothing.
    if (helper)
      await pm.out.waitFor(
        `cannot start "web-1": the working directory ${folder.path}/locked cannot be entered by user "app" (uid 1500) (EACCES)`,
      );
    else await pm.out.waitFor(/^web-1: .*Permission denied/);
    await pm.out.waitFor('pm: web-1 failed');
    await pm.stop();
    expect(pm.out.texts).not.toContain('web-1: uid=0');
  });
});
