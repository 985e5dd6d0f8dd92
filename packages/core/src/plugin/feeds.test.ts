import { describe, expect, test } from 'vitest';
import type { CommandResult } from '../command/command.ts';
import type { PmEvent } from '../event/event.ts';
import { createTestSupervisor, type TestSupervisor } from '../testing/test-supervisor.ts';
import type { PluginScope } from './scope.ts';

/** A supervisor with a plugin that hands over its scope. */
async function boot(config: object = {}): Promise<TestSupervisor & { readonly pm: PluginScope }> {
  const scopes: PluginScope[] = [];
  const supervisor = await createTestSupervisor({
    config: { processes: { web: { command: 'web', env: { DB_PASSWORD: 'hunter2' } } }, ...config },
    plugins: { watcher: { name: 'watcher', setup: (pm) => void scopes.push(pm) } },
  });
  const [pm] = scopes;
  if (pm === undefined) throw new Error('the plugin was not set up');
  return { ...supervisor, pm };
}

describe('events', () => {
  test('those that are kept can be read, and those to come are heard in order', async () => {
    const { pm, stop } = await boot();
    const heard: PmEvent[] = [];
    const seq = pm.events.seq;
    expect(pm.events.since(0).events).toHaveLength(seq);
    pm.events.subscribe((event) => void heard.push(event));
    await pm.dispatch({ type: 'ready', targets: ['web'] });
    expect(heard.map(({ type, seq: number }) => [type, number])).toEqual([['command.accepted', seq + 1]]);
    expect(await stop()).toBe(0);
  });

  test('a listener that throws is blamed on the plugin and goes on to be told; the supervisor runs on', async () => {
    const { pm, eventsOf, stop } = await boot();
    let told = 0;
    pm.events.subscribe(({ type }) => {
      if (type !== 'command.accepted') return;
      told += 1;
      throw new Error('no');
    });
    for (const signal of ['SIGHUP', 'SIGUSR2'] as const)
      await pm.dispatch({ type: 'signal', targets: ['web'], signal });
    expect(told).toBe(2);
    expect(eventsOf('plugin.failed')).toMatchObject([{ plugin: 'watcher', hook: 'events' }, { plugin: 'watcher' }]);
    expect(await stop()).toBe(0);
  });

  test('after a stop, and after the plugin has gone, nothing is heard', async () => {
    const { pm, planned, supervisor, stop } = await boot();
    const heard: string[] = [];
    pm.events.subscribe(({ type }) => void heard.push(`first ${type}`))();
    pm.events.subscribe(({ type }) => void heard.push(`second ${type}`));
    await planned.host.dispose();
    supervisor.journal.append('orphan.reaped', { pid: 1 });
    expect(heard).toEqual([]);
    expect(await stop()).toBe(0);
  });

  test('before the supervisor runs there is nothing to hear', async () => {
    const early = createTestSupervisor({
      config: { processes: {} },
      plugins: { hasty: { name: 'hasty', setup: (pm) => void pm.events.subscribe(() => undefined) } },
    });
    await expect(early).rejects.toThrow('events: the supervisor does not run yet');
  });
});

describe('output', () => {
  test('kept lines can be read, and those to come are heard', async () => {
    const { pm, spawner, turn, stop } = await boot();
    const heard: string[] = [];
    const unfollow = pm.logs.follow((process, instance, { text }) => void heard.push(`${process} ${instance} ${text}`));
    spawner.of('web-1').write('one\n');
    await turn();
    unfollow();
    spawner.of('web-1').write('two\n');
    await turn();
    expect(heard).toEqual(['web web-1 one']);
    expect(pm.logs.kept('web-1').map(({ text }) => text)).toEqual(['one', 'two']);
    expect(pm.logs.sources()).toEqual([{ process: 'web', instance: 'web-1' }]);
    expect(await stop()).toBe(0);
  });
});

describe('what is in force', () => {
  test('the configuration, with who set each key, and secrets masked', async () => {
    const { pm, stop } = await boot();
    const { origin, keys } = pm.explain();
    expect(origin).toBe('inline');
    expect(keys.find(({ path }) => path === 'processes.web.env.DB_PASSWORD')).toMatchObject({ value: '******' });
    expect(await stop()).toBe(0);
  });

  test('after a change the new values are told', async () => {
    const { pm, turn, stop } = await boot();
    await pm.dispatch({ type: 'put-process', name: 'job', declaration: { command: ['job'] } });
    await turn();
    const key = pm.explain().keys.find(({ path }) => path === 'processes.job.command');
    expect(key).toEqual({ path: 'processes.job.command', value: ['job'], source: 'at run time, run time' });
    expect(await stop()).toBe(0);
  });

  test('plugins, and what each instance uses', async () => {
    const { pm, stop } = await boot();
    expect(pm.plugins().map(({ name }) => name)).toContain('watcher');
    expect([...(await pm.usage())].map(([id, { threads }]) => [id, threads])).toEqual([['web-1', 1]]);
    expect((await pm.usage(new Set(['other-1']))).size).toBe(0);
    expect(await stop()).toBe(0);
  });
});

describe('commands for somebody else', () => {
  test('are told as theirs, with the place they came from, in the name of the plugin', async () => {
    const { pm, eventsOf, stop } = await boot();
    await pm.dispatch({ type: 'stop', targets: ['web'] }, { onBehalfOf: 'alice', from: '10.0.0.7:4711' });
    expect(eventsOf('command.accepted')).toMatchObject([{ caller: 'watcher:alice', from: '10.0.0.7:4711' }]);
    expect(await stop()).toBe(0);
  });

  test('an acceptance is told before the wait, and not where the command is refused', async () => {
    const { pm, turn, stop } = await boot();
    const accepted: CommandResult[] = [];
    const onAccepted = (result: CommandResult): void => void accepted.push(result);
    await expect(pm.dispatch({ type: 'stop', targets: ['wbe'] }, { onAccepted })).rejects.toThrow('wbe');
    expect(accepted).toEqual([]);
    const stopped = pm.dispatch({ type: 'stop', targets: ['web'] }, { onAccepted, waitMs: 60_000 });
    await Promise.resolve();
    await Promise.resolve();
    expect(accepted).toMatchObject([{ changed: true, processes: [{ name: 'web' }] }]);
    await turn(1000);
    expect((await stopped).processes).toMatchObject([{ state: 'STOPPED' }]);
    expect(await stop()).toBe(0);
  });
});
