import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { pidsOf } from '../../harness/pids.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

describe('keys that say what a command does', () => {
  test('reload_signal and reload_command reload without a restart; who has neither says so', async ({ folder }) => {
    const remote = await useRemote(folder);
    const pm = await folder.run(`
plugins: {${remotePlugin}: {}}
processes:
  nginx: {command: [sh, -c, "trap 'echo reloaded' HUP; echo up; while :; do sleep 0.02; done"], reload_signal: hup}
  php: {command: [sh, -c, "echo $$ > pid; exec sleep 600"], reload_command: [sh, -c, 'test $PM_PID = $(cat pid) && echo php >> reloads']}
  bad: {command: [sleep, "600"], reload_command: [sh, -c, "exit 7"]}
  plain: {command: [sleep, "600"]}
`);
    await pm.out.waitFor('nginx-1: up');
    await until('php has its pid', () => folder.exists('pid'));
    await remote.dispatch({ type: 'reload', targets: ['nginx', 'php'] }, 5000);
    await pm.out.waitFor('nginx-1: reloaded');
    expect(await folder.read('reloads')).toBe('php\n');
    await expect(remote.dispatch({ type: 'reload', targets: ['bad'] }, 5000)).rejects.toThrow(
      /reload of "bad": .* failed: exit 7/,
    );
    await expect(remote.dispatch({ type: 'reload', targets: ['plain'] })).rejects.toThrow(
      '"plain" has neither reload_command nor reload_signal',
    );
    for (const name of ['nginx-1', 'php-1', 'bad-1', 'plain-1']) expect(pidsOf(pm, name)).toHaveLength(1);
    await pm.stop();
  });

  test('max_scale and max_process_scale are ceilings, labels select, kill_signal ends what ignores the stop', async ({
    folder,
  }) => {
    const remote = await useRemote(folder);
    const pm = await folder.run(`
plugins: {${remotePlugin}: {}}
global: {max_process_scale: 3, on_idle: stay}
processes:
  own: {command: [sleep, "600"], max_scale: 2, labels: {tier: back}}
  all: {command: [sleep, "600"], labels: {tier: front}}
  deaf:
    command: [sh, -c, "trap '' TERM; trap 'echo quitting; exit 4' QUIT; echo up; while :; do sleep 0.02; done"]
    labels: {tier: back}
    shutdown: {timeout: 200ms, kill_signal: QUIT, kill_mode: process}
`);
    await pm.out.waitFor('deaf-1: up');
    await expect(remote.dispatch({ type: 'scale', process: 'own', to: 3 })).rejects.toThrow('max_scale is 2');
    await expect(remote.dispatch({ type: 'scale', process: 'all', to: 4 })).rejects.toThrow('max_scale is 3');
    await remote.dispatch({ type: 'scale', process: 'all', to: 3 }, 5000);
    await remote.dispatch({ type: 'stop', targets: ['label=tier=back'] }, 10_000);
    await pm.out.waitFor('deaf-1: quitting');
    expect(pm.out.texts).toContain('pm: deaf-1 did not end in time: SIGQUIT was sent');
    const { processes } = await remote.snapshot();
    expect(processes.map(({ name, desired, scale }) => `${name} ${desired} ${scale}`)).toEqual([
      'own down 1',
      'all up 3',
      'deaf down 1',
    ]);
    await pm.stop();
  });

  test('graceful: false is ended at once, and not called late', async ({ folder }) => {
    const pm = await folder.run(`
processes: {web: {command: [sh, -c, "trap 'echo term' TERM; echo up; while :; do sleep 0.02; done"], shutdown: {graceful: false}}}
`);
    await pm.out.waitFor('web-1: up');
    expect((await pm.stop()).code).toBe(0);
    expect(pm.out.texts).toContain('pm: web-1 is ended at once: SIGKILL was sent');
    expect(pm.out.texts).not.toContain('web-1: term');
  });
});
