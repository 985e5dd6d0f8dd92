import { describe, expect } from 'vitest';
import { test } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

const secrets = { PM_API_TOKEN: 'swordfish', PM_GLOBAL_LOG_LEVEL: 'debug', PM_PROCESS_DB_ENV_PASSWORD: 'swordfish' };

const linesOf = (pm: Pm, instance: string): readonly string[] =>
  pm.out.texts.filter((text) => text.startsWith(`${instance}: `)).map((text) => text.slice(instance.length + 2));

describe('the environment of a process', () => {
  test('says which instance it is; the variables expand in command, env, working_dir and hooks', async ({ folder }) => {
    await folder.write('queue-1.txt', '');
    const pm = await folder.run(`
hooks: {pre_start: [{name: folders, command: [mkdir, work-1, work-2]}]}
processes:
  queue:
    scale: 2
    port_base: 8000
    command: [sh, -c, "echo $PM_PROCESS $PM_INSTANCE $PM_INSTANCE_INDEX $PORT $SELF \${PM_INSTANCE} \${PORT}; echo $(basename $(pwd)) $PM_SOCKET; sleep 600"]
    env: {SELF: "me-\${PM_INSTANCE_INDEX}"}
    working_dir: ${folder.path}/work-\${PM_INSTANCE_INDEX}
    hooks: {pre_start: [{name: hello, command: [sh, -c, "echo hello from $PM_INSTANCE as \${PM_INSTANCE_INDEX}"]}]}
`);
    await pm.out.waitFor(/^queue-1: work-1/);
    await pm.out.waitFor(/^queue-2: work-2/);
    for (const index of [1, 2]) {
      const port = 7999 + index;
      expect(linesOf(pm, `queue-${index}`)).toEqual([
        `queue queue-${index} ${index} ${port} me-${index} queue-${index} ${port}`,
        `work-${index} ${folder.path}/.run/pm.sock`,
      ]);
      expect(pm.out.texts).toContain(`hook:hello: hello from queue-${index} as ${index}`);
    }
    await pm.stop();
  });

  test('never holds the secrets of the supervisor: not in a service, a hook, a probe, a condition, or the command after --', async ({
    folder,
  }) => {
    const tell = (who: string): string => `[sh, -c, "echo ${who} >> seen; env >> seen"]`;
    await folder.write(
      'pm.config.mjs',
      `
import { appendFileSync } from 'node:fs';
appendFileSync('seen', 'config\\n' + JSON.stringify(process.env) + '\\n');
export default {
  extends: ['rest.yaml'],
};
`,
    );
    await folder.write(
      'rest.yaml',
      `
hooks: {pre_start: [{name: global, command: ${tell('global-hook')}}], post_stop: [{name: late, command: ${tell('post_stop')}}]}
processes:
  db:
    command: [sh, -c, "echo service >> seen; env >> seen; echo password=$PASSWORD; while :; do sleep 0.02; done"]
    only_if: {command: ${tell('condition')}}
    ready: {command: ${tell('ready')}}
    stop_command: [sh, -c, "echo stop >> seen; env >> seen; kill $PM_PID"]
    hooks: {pre_start: [{name: before, command: ${tell('pre_start')}}], finish: [{name: after, command: ${tell('finish')}}]}
`,
    );
    const pm = folder.pm(['run', '--', 'sh', '-c', 'echo foreground >> seen; env >> seen'], { env: secrets });
    expect((await pm.ended).code).toBe(0);
    const seen = await folder.read('seen');
    const known = [
      'config',
      'global-hook',
      'condition',
      'pre_start',
      'service',
      'ready',
      'foreground',
      'stop',
      'finish',
      'post_stop',
    ];
    expect(known.filter((who) => !seen.split('\n').includes(who))).toEqual([]);
    // The override is for this process: there it is, under its own name, and nowhere else.
    expect(pm.out.texts).toContain('db-1: password=swordfish');
    const leaks = seen.split('\n').filter((line) => /PM_API_TOKEN|PM_GLOBAL_|PM_PROCESS_/.test(line));
    expect(leaks).toEqual([]);
  });

  test('files and maps: the process wins over global, env over env_file, the later file over the earlier', async ({
    folder,
  }) => {
    await folder.write('global.env', '# comment\nA=global-file\nB=global-file\nC=global-file\nD=global-file\n');
    await folder.write('one.env', 'export C=one\nD=one\nQUOTED="two words # not a comment"\nSINGLE=\'$HOME stays\'\n');
    await folder.write('two.env', 'D=two\nEMPTY=\n');
    const pm = await folder.run(
      `
global: {env_file: global.env, env: {B: global-map}}
processes:
  web:
    env_file: [one.env, two.env]
    env: {E: map}
    command: [sh, -c, "echo $A $B $C $D $E; echo $QUOTED; echo $SINGLE; echo empty=\${EMPTY-unset}.; echo inherited=$INHERITED; sleep 600"]
  other: {command: [sh, -c, "echo $A $B $C; sleep 600"], env: {B: own}}
`,
      { env: { INHERITED: 'yes', A: 'inherited' } },
    );
    await pm.out.waitFor('web-1: inherited=yes');
    expect(linesOf(pm, 'web-1')).toEqual([
      'global-file global-map one two map',
      'two words # not a comment',
      '$HOME stays',
      'empty=.',
      'inherited=yes',
    ]);
    await pm.out.waitFor('other-1: global-file own global-file');
    await pm.stop();
  });

  test('an env_file that cannot be read ends the boot with 78 and its place [line 1]', async ({ folder }) => {
    const pm = await folder.run('processes: {web: {command: [sh, -c, "echo web >> started"], env_file: missing.env}}');
    expect((await pm.ended).code).toBe(78);
    expect(pm.err.lines.join('\n')).toMatch(
      /pm\.yaml:1:\d+ error processes\.web\.env_file\[0\]: cannot read the env file .*missing\.env/,
    );
    expect(await folder.exists('started')).toBe(false);
  });
});
