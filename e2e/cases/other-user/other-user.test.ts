import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, until, type Folder } from '../../harness/folder.ts';
import type { Pm, PmOptions } from '../../harness/pm.ts';
import { openProgram } from '../../harness/program-for-others.ts';

const nobody = 65534;

/** `pm run` as a user without any privilege. */
async function runAsNobody(folder: Folder, yaml: string, options: Partial<PmOptions> = {}): Promise<Pm> {
  await chown(folder.path, nobody, nobody);
  const under = `setpriv --reuid=${nobody} --regid=${nobody} --clear-groups`;
  return folder.run(yaml, { under, ...(await openProgram(folder.path)), ...options });
}

const web =
  '[sh, -c, "echo socket=$PM_SOCKET; stat -c \'mode=%a owner=%u\' \\"$(dirname \\"$PM_SOCKET\\")\\"; id; trap \'echo bye; exit 0\' TERM; echo up; while :; do sleep 0.02; done"]';

describe('pm run without root', () => {
  test('starts, restarts and stops, as the user it is [line 31]', async ({ folder }) => {
    const pm = await runAsNobody(
      folder,
      `
global: {restart_backoff: 0}
hooks: {pre_start: [{name: before, command: [sh, -c, "echo hook >> order"]}]}
processes:
  web: {command: ${web}}
  crash: {command: [sh, -c, "echo alive; sleep 0.1; exit 1"]}
`,
    );
    await pm.out.waitFor('crash-1: alive', { times: 3 });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain(`web-1: uid=${nobody}(nobody) gid=${nobody}(nogroup) groups=${nobody}(nogroup)`);
    expect(await pm.stop()).toEqual({ code: 0, signal: null });
    expect(pm.out.texts).toContain('web-1: bye');
    expect(await folder.read('order')).toBe('hook\n');
    expect(pm.err.lines).toEqual([]);
  });

  test('the folder of its socket is its own, and closed to others [line 31]', async ({ folder }) => {
    const session = join(folder.path, 'session');
    await mkdir(session);
    await chown(session, nobody, nobody);
    const pm = await runAsNobody(folder, `processes: {web: {command: ${web}}}`, {
      env: { PM_RUNTIME_DIR: '', XDG_RUNTIME_DIR: session },
    });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain(`web-1: socket=${session}/pm/pm.sock`);
    expect(pm.out.texts).toContain(`web-1: mode=700 owner=${nobody}`);
    await pm.stop();
  });

  test('a folder that belongs to somebody else is not used [line 31]', async ({ folder }) => {
    await mkdir(join(folder.path, 'roots'));
    const env = { PM_RUNTIME_DIR: join(folder.path, 'roots'), XDG_RUNTIME_DIR: folder.path };
    const pm = await runAsNobody(folder, `processes: {web: {command: ${web}}}`, { env });
    await pm.out.waitFor('web-1: up');
    expect(pm.out.texts).toContain(`web-1: socket=${folder.path}/pm/pm.sock`);
    await pm.stop();
  });

  test('what descends from a service and escapes is ended too [lines 23, 31]', async ({ folder }) => {
    const script = await folder.write(
      'escape.pl',
      `
use POSIX 'setsid';
if (!fork) { setsid(); if (!fork) { $SIG{TERM} = 'IGNORE'; sleep 1 while 1; } exit 0; }
$| = 1; print "up\\n";
sleep 1 while 1;
`,
    );
    const pm = await runAsNobody(folder, `processes: {daemon: {command: [perl, ${script}]}}`);
    await pm.out.waitFor('daemon-1: up');
    await until('it has escaped', async () => (await folder.countProcesses(script)) >= 2);
    await pm.stop();
    expect(await folder.countProcesses(script)).toBe(0);
  });
});

describe('what needs root is refused in words', () => {
  test('another user: it is never run as ourselves, and `pm check --strict` says so before [lines 12, 31]', async ({
    folder,
  }) => {
    const pm = await runAsNobody(
      folder,
      `
global: {on_idle: stay, max_restart_attempts: 0}
processes:
  web: {command: [sh, -c, "echo must not run"], user: root}
  other: {command: [sleep, "600"]}
`,
    );
    await pm.out.waitFor(
      'cannot start "web-1": it cannot become user "root" (uid 0) with groups 0 (EPERM). Changing user needs root, or CAP_SETUID and CAP_SETGID: run pm so, or remove "user" and "group".',
    );
    await pm.out.waitFor('pm: web-1 failed: ');
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts).not.toContain('web-1: must not run');
    const check = await runAsNobody(folder, await folder.read('pm.yaml'), { args: ['check', '--strict'] });
    expect((await check.ended).code).toBe(78);
    expect(check.out.lines.concat(check.err.lines).join('\n')).toMatch(
      /pm\.yaml:4:\d+ warning processes\.web\.user: running "web" as "root" needs root, but the supervisor runs as uid 65534/,
    );
  });

  test('its own user is no change, so it is no problem [line 31]', async ({ folder }) => {
    const pm = await runAsNobody(
      folder,
      'processes: {web: {command: [sh, -c, "id -u; echo home=$HOME user=$USER; sleep 600"], user: nobody}}',
    );
    await pm.out.waitFor(`web-1: ${nobody}`);
    await pm.out.waitFor('web-1: home=/nonexistent user=nobody');
    await pm.stop();
  });

  test.for([
    [
      'nice',
      '{nice: -5}',
      /cannot start "web-1": nice -5 cannot be set \((EPERM|EACCES)\)\. A nice value below the supervisor's own needs CAP_SYS_NICE/,
    ],
    [
      'oom_score_adj',
      '{oom_score_adj: -900}',
      /cannot start "web-1": oom_score_adj -900 cannot be set \((EPERM|EACCES)\)\. Lowering it needs CAP_SYS_RESOURCE/,
    ],
    [
      'limits',
      '{limits: {nofile: 99999999}}',
      /cannot start "web-1": its limits \(nofile .*\) cannot be set \(EPERM\)\. Raising a hard limit/,
    ],
  ] as const)('%s [lines 12, 31]', async ([, keys, why], { folder }) => {
    const pm = await runAsNobody(
      folder,
      `
global: {on_idle: stay, max_restart_attempts: 0}
processes:
  web: {command: [sh, -c, "echo must not run"], ${keys.slice(1)}
  other: {command: [sleep, "600"]}
`,
    );
    await pm.out.waitFor(why);
    await pm.out.waitFor(/web-1 failed: /);
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts).not.toContain('web-1: must not run');
  });
});
