import { describe, expect } from 'vitest';
import { test } from '../../harness/folder.ts';

describe('the keys of a hook', () => {
  test('command as a list or a line, shell, env, working_dir, and the environment of global', async ({ folder }) => {
    const pm = await folder.run(`
global: {env: {COLOUR: red}, working_dir: ${folder.path}, log_level: debug}
hooks:
  pre-start:
    - {command: 'sh -c "echo line $COLOUR $(basename $PWD)"', name: line}
    - {command: 'echo shell $0 $SHAPE', shell: true, name: shell, env: {SHAPE: round}}
    - {command: 'echo bash $BASH_VERSION', shell: /bin/bash, name: bash}
    - {command: [sh, -c, 'echo in $PWD'], working_dir: /proc, name: place}
    - {command: [sh, -c, 'echo unnamed']}
processes:
  web: {command: ["true"], restart: never}
`);
    expect((await pm.ended).code).toBe(0);
    expect(pm.out.texts).toContain(`hook:line: line red ${folder.path.split('/').pop()}`);
    expect(pm.out.texts).toContain('hook:shell: shell /bin/sh round');
    expect(pm.out.texts).toContainEqual(expect.stringMatching(/^hook:bash: bash \d/));
    expect(pm.out.texts).toContain('hook:place: in /proc');
    expect(pm.out.texts).toContain('hook:pre_start-5: unnamed');
    expect(pm.out.texts).toContainEqual(expect.stringMatching(/^pm: hook "line" done after/));
  });

  test('retry and retry_delay, continue_on_error, timeout; the output says whose hook it is, a failure is told once', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {on_idle: stay}
processes:
  web:
    command: [sleep, "600"]
    hooks:
      pre-start:
        - {name: third, command: 'echo x >> tries; test $(wc -l < tries) -ge 3', shell: true, retry: 2, retry_delay: 20ms}
        - {name: broken, command: [sh, -c, "echo oh >&2; exit 3"], continue_on_error: true}
        - {name: stuck, command: [sleep, "600"], timeout: 200ms, continue_on_error: true}
      finish:
        - {name: bury, command: [sh, -c, "exit 125"], retry: 3}
`);
    await pm.out.waitFor('pm: web-1 started');
    expect(await folder.read('tries')).toBe('x\nx\nx\n');
    expect(pm.out.records.find(({ instance }) => instance === 'hook:broken')).toMatchObject({
      process: 'web',
      stream: 'stderr',
      level: 'warn',
      msg: 'oh',
    });
    expect((await pm.stop()).code).toBe(0);
    const warnings = pm.out.records.filter(({ level, process }) => process === 'pm' && level === 'warn');
    expect(warnings.map(({ msg }) => msg)).toEqual([
      'web: hook "broken" failed: exit 3',
      'web: hook "stuck" was killed after its time limit of 200ms',
    ]);
  });
});
