import { describe, expect } from 'vitest';
import { test, until } from '../../harness/folder.ts';
import { pidsOf, startsSince } from '../../harness/pids.ts';
import { remotePlugin, useRemote } from '../../harness/remote.ts';

const up = '[sh, -c, "echo up; exec sleep 600"]';
const plugins = `plugins: {${remotePlugin}: {}}`;

describe('conflicts_with', () => {
  test('starting one stops the other, fully, before; whoever declared it', async ({ folder }) => {
    const remote = await useRemote(folder);
    const pm = await folder.run(`
${plugins}
processes:
  blue: {command: [sh, -c, "mkdir lock || echo overlap; trap 'sleep 0.3; rmdir lock; exit 0' TERM; echo up; while :; do sleep 0.02; done"]}
  green: {command: [sh, -c, "mkdir lock || echo overlap; trap 'sleep 0.3; rmdir lock; exit 0' TERM; echo up; while :; do sleep 0.02; done"], initial_state: stopped, conflicts_with: [blue]}
`);
    await pm.out.waitFor('blue-1: up');
    await remote.dispatch({ type: 'start', targets: ['green'] }, 10_000);
    await pm.out.waitFor('green-1: up');
    await remote.dispatch({ type: 'start', targets: ['blue'] }, 10_000);
    await pm.out.waitFor('blue-1: up', { times: 2 });
    expect(pm.out.texts.filter((text) => text.includes('overlap'))).toEqual([]);
    const { processes } = await remote.snapshot();
    expect(processes.map(({ name, desired, state }) => `${name} ${desired} ${state}`)).toEqual([
      'blue up READY',
      'green down STOPPED',
    ]);
    expect((await pm.stop()).code).toBe(0);
  });

  test('two that boot together are a mistake of the configuration [line 1]', async ({ folder }) => {
    const pm = await folder.run(`processes: {a: {command: ${up}, conflicts_with: [b]}, b: {command: ${up}}}`);
    expect((await pm.ended).code).toBe(78);
    expect(pm.err.lines.join('\n')).toMatch(/pm\.yaml:1:\d+ error processes\.a\.conflicts_with/);
  });
});

describe('depends_on', () => {
  test('with restart: true the dependent comes back after its dependency, in order; without, it stays', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {restart_backoff: 0}
processes:
  db: {command: [sh, -c, "echo $$; sleep 0.2; echo db ready; exec sleep 600"], ready: {log: db ready}}
  app: {command: ${up}, depends_on: {db: {restart: true}}}
  edge: {command: ${up}, depends_on: {app: {restart: true}}}
  loose: {command: ${up}, depends_on: db}
`);
    await pm.out.waitFor('pm: up after');
    const from = pm.out.texts.length;
    process.kill(pidsOf(pm, 'db-1').at(-1) ?? Number.NaN, 'SIGKILL');
    await pm.out.waitFor('pm: edge-1 started', { times: 2 });
    expect(startsSince(pm, from)).toEqual(['db-1', 'app-1', 'edge-1']);
    const later = pm.out.texts.slice(from);
    expect(later.indexOf('pm: app-1 started (pid ' + pidsOf(pm, 'app-1').at(-1) + ')')).toBeGreaterThan(
      later.indexOf('db-1: db ready'),
    );
    expect(pidsOf(pm, 'loose-1')).toHaveLength(1);
    await pm.stop();
  });

  test('wait_after: a time after the dependency is met, for one or for all', async ({ folder }) => {
    const pm = await folder.run(`
processes:
  db: {command: [sleep, "600"], ready: {after: 0}}
  all: {command: ${up}, depends_on: db, wait_after: 400ms}
  one: {command: ${up}, depends_on: db, wait_after: {db: 700ms}}
  none: {command: ${up}, depends_on: db}
`);
    await pm.out.waitFor('pm: up after');
    expect(startsSince(pm, 0)).toEqual(['db-1', 'none-1', 'all-1', 'one-1']);
    const startedAt = (instance: string): number =>
      Date.parse(pm.out.records.find(({ msg }) => msg.startsWith(`${instance} started`))?.time ?? '');
    expect(startedAt('all-1') - startedAt('db-1')).toBeGreaterThanOrEqual(400);
    expect(startedAt('one-1') - startedAt('db-1')).toBeGreaterThanOrEqual(700);
    await pm.stop();
  });
});

describe('bundles', () => {
  const yaml = `
${plugins}
bundles: {web: [nginx, php], default: [web, worker], all: [default, cron]}
processes:
  nginx: {command: ${up}, depends_on: php}
  php: {command: ${up}}
  worker: {command: ${up}}
  cron: {command: ${up}}
`;

  test('default says what boots, bundles of bundles too, and commands take their names', async ({ folder }) => {
    const remote = await useRemote(folder);
    const pm = await folder.run(yaml);
    await pm.out.waitFor('pm: up after');
    expect(startsSince(pm, 0).toSorted()).toEqual(['nginx-1', 'php-1', 'worker-1']);
    await remote.dispatch({ type: 'stop', targets: ['web'] }, 10_000);
    const stateOf = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await remote.snapshot()).processes.map(({ name, state }) => [name, state]));
    expect(await stateOf()).toMatchObject({ nginx: 'STOPPED', php: 'STOPPED', worker: 'READY' });
    await remote.dispatch({ type: 'start', targets: ['all'] }, 10_000);
    expect(await stateOf()).toEqual({ nginx: 'READY', php: 'READY', worker: 'READY', cron: 'READY' });
    await pm.stop();
  });

  test('--only starts those and what they need, by the name of a process or a bundle [line 27]', async ({ folder }) => {
    await useRemote(folder);
    const pm = await folder.run(yaml, { args: ['run', '--only', 'nginx'] });
    await pm.out.waitFor('pm: up after');
    expect(startsSince(pm, 0)).toEqual(['php-1', 'nginx-1']);
    await pm.stop();
    const bundle = await folder.run(yaml, { args: ['run', '--only', 'web', '--only', 'cron'] });
    await bundle.out.waitFor('pm: up after');
    expect(startsSince(bundle, 0).toSorted()).toEqual(['cron-1', 'nginx-1', 'php-1']);
    await bundle.stop();
    await until('nothing is left', async () => (await folder.countProcesses('sleep\u0000600')) === 0);
  });
});
