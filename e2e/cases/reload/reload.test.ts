import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { pidsOf, startsSince } from '../../harness/pids.ts';
import type { Pm } from '../../harness/pm.ts';

/** Sends SIGHUP and waits until what it asked for is done; returns the line of the log at which it began. */
async function reload(pm: Pm, result: string): Promise<number> {
  const before = pm.out.texts.length;
  const times = pm.out.texts.filter((text) => text.includes(result)).length + 1;
  await pm.signal('SIGHUP');
  await pm.out.waitFor(result, { times });
  return before;
}

describe('reload by SIGHUP', () => {
  test('unchanged processes keep their pids, changed ones restart in dependency order, removed ones stop, added ones start [line 16]', async ({
    folder,
  }) => {
    const pm = await folder.run(`
processes:
  keep: {command: [sleep, "600"]}
  old: {command: [sh, -c, "trap 'echo old-stopped >> ends; exit 0' TERM; while :; do sleep 0.02; done"]}
  db: {command: [sleep, "601"], env: {VERSION: "1"}}
  app: {command: [sleep, "602"], depends_on: db}
  web: {command: [sleep, "603"], depends_on: app}
`);
    await pm.out.waitFor('pm: up after');
    await folder.write(
      'pm.yaml',
      `
processes:
  web: {command: [sleep, "605"], depends_on: app}
  new: {command: [sh, -c, "echo new is here; sleep 600"], depends_on: keep}
  keep: {command: [sleep, "600"]}
  app: {command: [sleep, "602"], depends_on: db}
  db: {command: [sleep, "601"], env: {VERSION: "2"}}
`,
    );
    const from = await reload(pm, 'pm: configuration applied: added new; removed old; changed db (env), web (command)');
    await pm.out.waitFor('new-1: new is here');
    const started = startsSince(pm, from);
    expect(started.toSorted()).toEqual(['db-1', 'new-1', 'web-1']);
    expect(started.indexOf('db-1')).toBeLessThan(started.indexOf('web-1'));
    for (const untouched of ['keep-1', 'app-1']) expect(pidsOf(pm, untouched)).toHaveLength(1);
    expect(await folder.read('ends')).toBe('old-stopped\n');
    expect((await pm.stop()).code).toBe(0);
  });

  test('what is restarted runs with what the file says now, and its predecessor is gone first [line 16]', async ({
    folder,
  }) => {
    const toConfig = (greeting: string): string => `
processes:
  web:
    command: [sh, -c, "mkdir lock || echo overlap; trap 'sleep 0.3; rmdir lock; exit 0' TERM; echo $GREETING; while :; do sleep 0.02; done"]
    env: {GREETING: ${greeting}}
`;
    const pm = await folder.run(toConfig('hello'));
    await pm.out.waitFor('web-1: hello');
    await folder.write('pm.yaml', toConfig('goodbye'));
    await reload(pm, 'pm: configuration applied: changed web (env)');
    await pm.out.waitFor('web-1: goodbye');
    expect(pm.out.texts).not.toContain('web-1: overlap');
    await pm.stop();
  });

  test('scale and labels change without a restart [line 16]', async ({ folder }) => {
    const toConfig = (scale: number, colour: string): string => `
processes:
  queue:
    command: [sh, -c, "while :; do echo $PM_INSTANCE_INDEX; sleep 0.05; done"]
    scale: ${scale}
    labels: {colour: ${colour}}
`;
    const pm = await folder.run(toConfig(2, 'red'));
    await pm.out.waitFor('queue-2: 2');
    await folder.write('pm.yaml', toConfig(3, 'blue'));
    await reload(pm, 'pm: configuration applied: changed queue (');
    await pm.out.waitFor('queue-3: 3');
    await folder.write('pm.yaml', toConfig(1, 'blue'));
    await reload(pm, 'pm: configuration applied: changed queue (scale)');
    await until('queue-2 and queue-3 have ended', () =>
      ['queue-2', 'queue-3'].every((name) => pm.out.texts.some((text) => text.startsWith(`pm: ${name} ended`))),
    );
    expect([1, 2, 3].map((index) => pidsOf(pm, `queue-${index}`).length)).toEqual([1, 1, 1]);
    await until('its lines carry the new label', () =>
      pm.out.records.some((record) => record.instance === 'queue-1' && record['colour'] === 'blue'),
    );
    await pm.stop();
  });

  test('what a process is allowed to do next time (restart, shutdown, readiness) applies without a restart [line 16]', async ({
    folder,
  }) => {
    const toConfig = (timeout: string, policy: string): string => `
global: {on_idle: stay, shutdown_timeout: 600s, restart_backoff: 0}
processes:
  deaf: {command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 0.02; done"], shutdown: {timeout: ${timeout}}}
  job: {command: [sh, -c, "echo up; while ! test -e end; do sleep 0.02; done; exit 3"], restart: ${policy}}
`;
    const pm = await folder.run(toConfig('600s', 'always'));
    await pm.out.waitFor(/: up$/, { times: 2 });
    await folder.write('pm.yaml', toConfig('100ms', 'never'));
    await reload(pm, 'pm: configuration applied: changed deaf (shutdown), job (restart)');
    await folder.write('end', '');
    await pm.out.waitFor('job-1 failed: exit 3; restart policy never');
    await pm.stop();
    expect(pm.out.texts).toContain('pm: deaf-1 did not end in time: SIGKILL was sent');
    expect(['deaf-1', 'job-1'].map((instance) => pidsOf(pm, instance).length)).toEqual([1, 1]);
  });

  test('a process that is switched off stops, and one that is switched on starts [line 16]', async ({ folder }) => {
    const toConfig = (one: boolean, bundle: string): string => `
global: {on_idle: stay}
bundles: {default: [${bundle}]}
processes:
  one: {command: [sleep, "600"], enabled: ${one}}
  two: {command: [sleep, "600"], enabled: ${!one}}
  three: {command: [sleep, "600"]}
  four: {command: [sleep, "600"]}
`;
    const pm = await folder.run(toConfig(true, 'one, two, three'));
    await pm.out.waitFor('pm: up after');
    await folder.write('pm.yaml', toConfig(false, 'one, two, four'));
    await reload(pm, 'pm: configuration applied: changed one (enabled), two (enabled); global bundles');
    await pm.out.waitFor('pm: two-1 started');
    await pm.out.waitFor('pm: four-1 started');
    await pm.out.waitFor('pm: one-1 ended');
    await pm.out.waitFor('pm: three-1 ended');
    await pm.stop();
  });

  test('an added process whose only_if does not hold is skipped, as at boot [line 16]', async ({ folder }) => {
    const pm = await folder.run('processes: {web: {command: [sleep, "600"]}}');
    await pm.out.waitFor('pm: up after');
    await folder.write(
      'pm.yaml',
      `
processes:
  web: {command: [sleep, "600"]}
  debug: {command: [sleep, "600"], only_if: {file: ${folder.path}/debug}}
  after: {command: [sh, -c, "echo after is here; sleep 600"], depends_on: debug}
`,
    );
    await reload(pm, 'pm: configuration applied: added debug, after');
    await pm.out.waitFor('after-1: after is here');
    expect(pidsOf(pm, 'debug-1')).toEqual([]);
    await pm.stop();
  });

  test('a changed process that cannot start does not hold up the rest, and the next reload mends it [line 16]', async ({
    folder,
  }) => {
    const toConfig = (command: string, other: string): string => `
global: {restart_backoff: 60s}
processes:
  broken: {command: [${command}]}
  web: {command: [sleep, "${other}"]}
`;
    const pm = await folder.run(toConfig('sleep, "600"', '600'));
    await pm.out.waitFor('pm: up after');
    await folder.write('gone.sh', '#!/bin/sh\nexec sleep 600\n');
    await folder.write('pm.yaml', toConfig('./gone.sh', '601'));
    await reload(pm, 'pm: configuration applied: changed broken (command), web (command)');
    await pm.out.waitFor('pm: web-1 started', { times: 2 });
    await pm.stop();
  });

  test('two at once: the last file wins, and what changed in both does not restart more than that takes [line 16]', async ({
    folder,
  }) => {
    const toConfig = (greeting: string): string => `
processes:
  slow: {command: [sh, -c, "trap 'sleep 0.5; exit 0' TERM; echo $GREETING; while :; do sleep 0.02; done"], env: {GREETING: ${greeting}}}
  ${greeting}: {command: [sleep, "600"]}
`;
    const pm = await folder.run(toConfig('one'));
    await pm.out.waitFor('slow-1: one');
    await pm.out.waitFor('pm: up after');
    await folder.write('pm.yaml', toConfig('two'));
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: one-1 ended');
    await folder.write('pm.yaml', toConfig('three'));
    await pm.signal('SIGHUP');
    await pm.signal('SIGHUP');
    await pm.out.waitFor('slow-1: three');
    await pm.out.waitFor('pm: three-1 started');
    await pm.out.waitFor('pm: two-1 ended');
    const greetings = pm.out.texts.filter((text) => text.startsWith('slow-1: '));
    expect(greetings.filter((text) => text !== 'slow-1: two')).toEqual(['slow-1: one', 'slow-1: three']);
    expect(greetings.at(-1)).toBe('slow-1: three');
    expect((await pm.stop()).code).toBe(0);
  });

  test('a stop that takes its time delays nothing that is new, in this reload and in the next; what was renamed waits for its end [line 16]', async ({
    folder,
  }) => {
    const slow =
      '{command: [sh, -c, "trap \'while [ ! -e go ]; do sleep 0.02; done; exit 0\' TERM; while :; do sleep 0.02; done"]}';
    const pm = await folder.run(`processes:\n  slow: ${slow}\n`);
    await pm.out.waitFor('pm: up after');
    await folder.write('pm.yaml', `processes:\n  renamed: ${slow}\n  new: {command: [sleep, "600"]}\n`);
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: new-1 started');
    await folder.write('pm.yaml', `${await folder.read('pm.yaml')}  newer: {command: [sleep, "601"]}\n`);
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: newer-1 started');
    await pm.out.waitFor('pm: configuration applied: added newer');
    expect(pm.out.texts.filter((text) => /^pm: (slow-1 ended|renamed-1 started)/.test(text))).toEqual([]);
    await folder.write('go', '');
    await pm.out.waitFor('pm: configuration applied: added renamed, new; removed slow');
    await pm.out.waitFor('pm: renamed-1 started');
    const order = pm.out.texts.filter((text) => /^pm: (slow-1 ended|renamed-1 started)/.test(text));
    expect(order.map((text) => text.split(' ')[1])).toEqual(['slow-1', 'renamed-1']);
    expect((await pm.stop()).code).toBe(0);
  });

  test('during pre_start hooks it changes what will be started, and starts nothing before they are done [line 16]', async ({
    folder,
  }) => {
    const toConfig = (name: string): string => `
hooks: {pre_start: [{name: slow, command: [sh, -c, "echo hook >> order; while ! test -e go; do sleep 0.02; done; echo hook-done >> order"]}]}
processes:
  ${name}: {command: [sh, -c, "echo ${name} >> order; echo up; sleep 600"]}
`;
    const pm = await folder.run(toConfig('one'));
    await until('the hook runs', async () => (await folder.read('order')) === 'hook\n');
    await folder.write('pm.yaml', toConfig('two'));
    await reload(pm, 'pm: configuration applied: added two; removed one');
    await folder.write('go', '');
    await pm.out.waitFor('two-1: up');
    await pm.stop();
    expect(await folder.read('order')).toBe('hook\nhook-done\ntwo\n');
  });

  test('while a boot waits for a dependency it takes away what the boot waits for [line 16]', async ({ folder }) => {
    const web = '{command: [sleep, "600"], depends_on: db, priority: 200}';
    const pm = await folder.run(
      `processes: {db: {command: [sleep, "600"], ready: {file: ${folder.path}/never}}, web: ${web}}`,
    );
    await pm.out.waitFor('pm: db-1 started');
    await folder.write('pm.yaml', 'processes: {web: {command: [sleep, "600"]}}');
    await reload(pm, 'pm: configuration applied: removed db; changed web (priority, depends_on)');
    await pm.out.waitFor('pm: web-1 started');
    await pm.out.waitFor('pm: up after');
    expect((await pm.stop()).code).toBe(0);
  });

  test('during a stop it is refused, nothing is started, and the exit code is that of the stop [line 16]', async ({
    folder,
  }) => {
    const pm = await folder.run(`
processes:
  slow: {command: [sh, -c, "trap 'echo stopping; while ! test -e go; do sleep 0.02; done; exit 0' TERM; echo up; while :; do sleep 0.02; done"]}
`);
    await pm.out.waitFor('slow-1: up');
    await pm.signal('SIGTERM');
    await pm.out.waitFor('slow-1: stopping');
    await folder.write('pm.yaml', 'processes: {late: {command: [sleep, "600"]}}');
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: apply-config by signal refused: cannot apply-config: shutting down');
    await folder.write('go', '');
    expect((await pm.ended).code).toBe(0);
    expect(pidsOf(pm, 'late-1')).toEqual([]);
  });

  test('options of plugins apply, and a plugin comes and goes [line 16]', async ({ folder }) => {
    await folder.write(
      'say.mjs',
      `
export default (options = {}) => ({
  name: 'say',
  core: '*',
  setup(pm) {
    pm.hooks.instance.spawned.tap((view) => pm.logger.info(view.id + ' is greeted with ' + options.word));
    return () => pm.logger.info('disposed of ' + options.word);
  },
});
`,
    );
    const toConfig = (plugins: string, version: number): string => `
${plugins}
processes:
  keep: {command: [sleep, "600"]}
  web: {command: [sleep, "600"], env: {VERSION: "${version}"}}
`;
    const pm = await folder.run(toConfig('plugins: {./say.mjs: {word: hello}}', 1));
    await pm.out.waitFor('web-1 is greeted with hello');
    await folder.write('pm.yaml', toConfig('plugins: {./say.mjs: {word: goodbye}}', 2));
    await reload(pm, 'plugins say');
    await pm.out.waitFor('disposed of hello');
    await pm.out.waitFor('web-1 is greeted with goodbye');
    await folder.write('pm.yaml', toConfig('', 3));
    await reload(pm, 'plugins say');
    await pm.out.waitFor('disposed of goodbye');
    await pm.out.waitFor('pm: web-1 started', { times: 3 });
    expect(pm.out.texts.filter((text) => text.includes('web-1 is greeted'))).toHaveLength(2);
    expect(pidsOf(pm, 'keep-1')).toHaveLength(1);
    await pm.stop();
    expect(pm.err.lines).toEqual([]);
  });
});
