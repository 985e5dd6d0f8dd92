import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import type { Command, DispatchOptions } from '../command/command.ts';
import { createJournal } from '../event/journal.ts';
import type { Snapshot } from '../instance/view.ts';
import type { Plan } from '../plan/spec.ts';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts';
import { createFakeLogs } from '../testing/fake-logs.ts';
import type { SupervisorPort } from './connections.ts';
import { createHost, type PluginHost } from './host.ts';
import { definePlugin, type PluginDefinition } from './plugin.ts';
import type { PluginRequest } from './resolve.ts';
import type { PluginScope } from './scope.ts';

declare module '../index.ts' {
  interface PluginApis {
    greeting: { hello(): string };
  }
}

const plan = { processes: new Map() } as unknown as Plan;
const snapshot: Snapshot = { seq: 0, phase: 'running', version: '0', pid: 1, startedAt: 0, processes: [] };

interface Bench {
  readonly clock: FakeClock;
  readonly host: PluginHost;
  readonly early: string[];
  readonly sent: { command: Command; options: DispatchOptions }[];
  readonly events: { type: string; payload: unknown }[];
  readonly records: string[];
  readonly supervisor: SupervisorPort;
}

/** A host whose bundled plugins are these. */
function createBench(...plugins: readonly (PluginDefinition | ((options?: never) => PluginDefinition))[]): Bench {
  const clock = createFakeClock();
  const bundled = Object.fromEntries(
    plugins.map((plugin) => [
      typeof plugin === 'function' ? plugin().name : plugin.name,
      { load: async () => ({ default: plugin }) },
    ]),
  );
  const early: string[] = [];
  const host = createHost({
    clock,
    bundled,
    folders: ['/'],
    modules: { resolve: () => undefined, load: async () => ({}), stamp: () => undefined },
    project: { cwd: '/', env: {}, has: () => false, read: () => undefined },
    onEarlyFailure: (error) => void early.push(error.message),
  });
  const sent: Bench['sent'] = [];
  const events: Bench['events'] = [];
  const records: string[] = [];
  const log = (message: string): void => void records.push(message);
  const supervisor: SupervisorPort = {
    dispatch: async (command, options) => (sent.push({ command, options }), { changed: true, processes: [] }),
    snapshot: () => snapshot,
    emit: (type, payload) => void events.push({ type, payload }),
    logger: { debug: log, info: log, warn: log, error: log },
    events: createJournal({ now: () => 0 }),
    logs: createFakeLogs(),
    usage: async () => new Map(),
    explain: () => ({ origin: 'inline', keys: [] }),
    plugins: () => host.plugins(),
    socket: undefined,
    announceSocket: () => undefined,
  };
  return { clock, host, early, sent, events, records, supervisor };
}

const use = (key: string, options?: unknown): PluginRequest => ({ key, options, reason: 'config' });

/** Boots these plugins, in this order. */
async function boot({ host }: Bench, ...requests: readonly PluginRequest[]): Promise<void> {
  const trial = host.begin();
  expect(await trial.admit(requests)).toEqual([]);
  await trial.accept(plan);
}

describe('admission', () => {
  test('plugins are set up in order: what one requires comes first', async () => {
    const order: string[] = [];
    const plugin = (name: string, more: Partial<PluginDefinition> = {}): PluginDefinition => ({
      name,
      ...more,
      setup: () => void order.push(name),
    });
    const bench = createBench(
      plugin('laravel', { requires: ['cron'] }),
      plugin('cron', { after: ['metrics'] }),
      plugin('metrics'),
    );
    await boot(bench, use('laravel'), use('cron'), use('metrics'));
    expect(order).toEqual(['metrics', 'cron', 'laravel']);
    expect(bench.host.plugins().map(({ name }) => name)).toEqual(order);
  });

  test('every plugin that cannot be resolved is told at once, and nothing is set up', async () => {
    const setup = vi.fn();
    const { host } = createBench({ name: 'good', setup });
    const problems = await host.begin().admit([use('good'), use('typo'), use('./missing.mjs')]);
    expect(problems.map(({ key, error }) => [key, error.code])).toEqual([
      ['typo', 'PM_PLUGIN_NOT_FOUND'],
      ['./missing.mjs', 'PM_PLUGIN_NOT_FOUND'],
    ]);
    expect(setup).not.toHaveBeenCalled();
  });

  test('a missing requirement names both plugins', async () => {
    const { host } = createBench({ name: 'laravel', requires: ['cron'] });
    const [problem] = await host.begin().admit([use('laravel')]);
    expect(problem).toMatchObject({
      key: 'laravel',
      error: { message: 'plugin "laravel" requires plugin "cron", which is not on' },
    });
  });

  test('a setup that throws is a problem of that plugin, and what it did is taken back', async () => {
    const disposed = vi.fn();
    const { host } = createBench({
      name: 'bad',
      setup(pm) {
        pm.onDispose(disposed);
        pm.hooks.instance.ready.tap(() => undefined);
        throw new Error('no license');
      },
    });
    const [problem] = await host.begin().admit([use('bad')]);
    expect(problem?.error.message).toBe('plugin "bad" failed in setup: no license');
    expect(disposed).toHaveBeenCalledOnce();
    expect(host.hooks.taps()).toEqual([]);
  });

  test('a setup that never ends is a problem at its limit', async () => {
    const { host, clock } = createBench({ name: 'stuck', setup: () => new Promise(() => undefined) });
    const admitted = host.begin().admit([use('stuck')]);
    await clock.advance(10_000);
    expect((await admitted)[0]?.error.message).toBe('plugin "stuck" did not finish setup within 10 s');
    expect(clock.pending).toBe(0);
  });

  test('a misspelt hook in setup says which was meant', async () => {
    const { host } = createBench({
      name: 'typo',
      setup: (pm) => (pm.hooks as unknown as { instance: { spwaned: { tap(): void } } }).instance.spwaned.tap(),
    });
    const [problem] = await host.begin().admit([use('typo')]);
    expect(problem?.error).toMatchObject({
      message: 'plugin "typo": there is no hook "instance.spwaned"',
      hint: 'Did you mean "instance.spawned"?',
    });
  });

  test("options are checked by the plugin's own schema, and what it makes of them is what the factory gets", async () => {
    const created = vi.fn();
    const factory = definePlugin((options?: { port: number }) => (options && created(options), { name: 'metrics' }), {
      options: v.strictObject({ port: v.optional(v.number('must be a number'), 9090) }),
    });
    const bench = createBench(factory);
    await boot(bench, use('metrics', true));
    expect(created).toHaveBeenCalledWith({ port: 9090 });
    const [problem] = await bench.host.begin().admit([use('metrics', { port: 'http' })]);
    expect(problem?.error).toMatchObject({ issues: [{ path: ['port'], message: 'must be a number' }] });
  });
});

describe('under a running supervisor', () => {
  test('commands carry the plugin as caller, and cannot be changed afterwards', async () => {
    let pm: PluginScope | undefined;
    const bench = createBench({ name: 'cron', setup: (scope) => void (pm = scope) });
    await boot(bench, use('cron'));
    await expect(pm?.dispatch({ type: 'start', targets: ['web'] })).rejects.toThrow(
      'dispatch: the supervisor does not run yet',
    );
    bench.host.connect(bench.supervisor);
    const targets = ['web'];
    await pm?.dispatch({ type: 'start', targets }, { waitMs: 10 });
    targets.push('everything');
    expect(bench.sent).toEqual([
      { command: { type: 'start', targets: ['web'] }, options: { caller: 'plugin:cron', waitMs: 10 } },
    ]);
  });

  test('records written before are passed on', async () => {
    const bench = createBench({ name: 'early', setup: (pm) => pm.logger.warn('detected nothing') });
    await boot(bench, use('early'));
    bench.host.connect(bench.supervisor);
    expect(bench.records).toEqual(['detected nothing']);
  });

  test('a flood of commands is cut and gets the plugin muted', async () => {
    let pm: PluginScope | undefined;
    const bench = createBench({ name: 'flood', setup: (scope) => void (pm = scope) });
    await boot(bench, use('flood'));
    bench.host.connect(bench.supervisor);
    const results = await Promise.allSettled(
      Array.from({ length: 5_000 }, async () => pm?.dispatch({ type: 'start', targets: ['web'] })),
    );
    expect(bench.sent).toHaveLength(1000);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(4000);
    expect(bench.events.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 5 }, () => 'plugin.failed'),
      'plugin.muted',
    ]);
  });

  test("a flood of events is cut, and events must carry the plugin's name", async () => {
    let pm: PluginScope | undefined;
    const bench = createBench({ name: 'flood', setup: (scope) => void (pm = scope) });
    await boot(bench, use('flood'));
    bench.host.connect(bench.supervisor);
    expect(() => pm?.emit('orphan.reaped', { pid: 1 })).toThrow('event type "orphan.reaped" must begin with "flood."');
    const emit = pm?.emit as unknown as (type: string, payload: object) => void;
    for (let i = 0; i < 5_000; i += 1) emit('flood.tick', { i });
    expect(bench.events.filter(({ type }) => type === 'flood.tick')).toHaveLength(1000);
  });

  test('its timers cannot throw into the supervisor and end with it', async () => {
    const later = vi.fn();
    const bench = createBench({
      name: 'timers',
      setup(pm) {
        pm.clock.after(10, () => {
          throw new Error('tick');
        });
        pm.clock.after(50, later);
        pm.clock.sleep(50).catch(() => undefined);
      },
    });
    await boot(bench, use('timers'));
    await bench.clock.advance(20);
    expect(bench.early).toEqual(['plugin "timers" failed in timer: tick']);
    await bench.host.dispose();
    expect(bench.clock.pending).toBe(0);
    await bench.clock.advance(100);
    expect(later).not.toHaveBeenCalled();
  });

  test('a leak of timers ends at a limit that names the plugin', async () => {
    const { host, clock } = createBench({
      name: 'leak',
      setup(pm) {
        for (;;) pm.clock.after(1e9, () => undefined);
      },
    });
    const [problem] = await host.begin().admit([use('leak')]);
    expect(problem?.error.message).toBe('plugin "leak" has 10000 timers armed');
    expect(clock.pending).toBe(0);
  });
});

describe('provide and use', () => {
  const provider = (name: string): PluginDefinition => ({
    name,
    setup: (pm) => pm.provide('greeting', { hello: () => `hello from ${name}` }),
  });

  test('an offer is found by those that come after', async () => {
    const heard: (string | undefined)[] = [];
    const bench = createBench(provider('english'), {
      name: 'guest',
      requires: ['english'],
      setup: (pm) => void heard.push(pm.use('greeting')?.hello()),
    });
    await boot(bench, use('guest'), use('english'));
    expect(heard).toEqual(['hello from english']);
    expect(bench.host.plugins()).toMatchObject([
      { name: 'english', provides: ['greeting'] },
      { name: 'guest', uses: ['english'] },
    ]);
  });

  test('nobody offers: undefined', async () => {
    const heard = vi.fn();
    await boot(createBench({ name: 'guest', setup: (pm) => heard(pm.use('greeting')) }), use('guest'));
    expect(heard).toHaveBeenCalledWith(undefined);
  });

  test('two offers of one name are a problem that names both', async () => {
    const { host } = createBench(provider('english'), provider('french'));
    const [problem] = await host.begin().admit([use('english'), use('french')]);
    expect(problem?.error.message).toBe('plugins "english" and "french" both provide "greeting"');
  });
});

describe('reload', () => {
  const lives: string[] = [];
  const lively =
    (name: string, more: Partial<PluginDefinition> = {}) =>
    (options?: { id: number }): PluginDefinition => ({
      ...more,
      name,
      setup(pm) {
        const id = `${name}${options?.id ?? ''}`;
        pm.provide(name as 'greeting', { hello: () => id });
        pm.hooks.supervisor.starting.tap(() => void lives.push(`${id} starts`));
        pm.hooks.instance.ready.tap(() => void lives.push(`${id} hears`));
        return () => void lives.push(`${id} goes`);
      },
    });
  const view = { id: 'web-1' } as never;
  const createReload = async (): Promise<Bench> => {
    lives.length = 0;
    const bench = createBench(lively('a'), lively('b', { requires: ['a'] }), lively('c'));
    await boot(bench, use('a', { id: 1 }), use('b'), use('c'));
    bench.host.connect(bench.supervisor);
    return bench;
  };

  test('the same plugins stay as they are', async () => {
    const bench = await createReload();
    await boot(bench, use('a', { id: 1 }), use('b'), use('c'));
    expect(lives).toEqual([]);
  });

  test('changed options set up again what changed and what requires it, and nothing else', async () => {
    const bench = await createReload();
    await boot(bench, use('a', { id: 2 }), use('b'), use('c'));
    expect(lives).toEqual(['b goes', 'a1 goes', 'a2 starts', 'b starts']);
    lives.length = 0;
    bench.host.hooks.instance.ready.fire(view);
    expect(lives).toEqual(['a2 hears', 'b hears', 'c hears']);
  });

  test('until it is accepted the old ones are heard, and after a discard only they', async () => {
    const bench = await createReload();
    const trial = bench.host.begin();
    expect(await trial.admit([use('a', { id: 2 }), use('b')])).toEqual([]);
    bench.host.hooks.instance.ready.fire(view);
    await trial.discard();
    bench.host.hooks.instance.ready.fire(view);
    expect(lives).toEqual(['a1 hears', 'b hears', 'c hears', 'b goes', 'a2 goes', 'a1 hears', 'b hears', 'c hears']);
  });

  test('a plugin that is switched off goes', async () => {
    const bench = await createReload();
    await boot(bench, use('a', { id: 1 }), use('b'));
    expect(lives).toEqual(['c goes']);
    expect(bench.host.plugins().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('a plugin that cannot start is left out, the others run on', async () => {
    const bench = createBench(lively('a'), {
      name: 'port',
      setup: (pm) => pm.hooks.supervisor.starting.tap(() => Promise.reject(new Error('port 80 is taken'))),
    });
    await boot(bench, use('a'));
    bench.host.connect(bench.supervisor);
    await boot(bench, use('a'), use('port'));
    expect(bench.host.plugins().map(({ name }) => name)).toEqual(['a']);
    expect(bench.events).toMatchObject([
      { type: 'plugin.failed', payload: { message: 'plugin "port" failed in supervisor.starting: port 80 is taken' } },
    ]);
  });
});

describe('dispose', () => {
  test('mutes, aborts, then runs disposers last first; one that fails or hangs keeps no other from its turn', async () => {
    const steps: string[] = [];
    const bench = createBench({
      name: 'full',
      setup(pm) {
        pm.hooks.instance.ready.tap(() => void steps.push('heard'));
        pm.signal.addEventListener('abort', () => void steps.push('aborted'));
        pm.onDispose(() => void steps.push('first registered'));
        pm.onDispose(() => new Promise(() => undefined));
        pm.onDispose(() => {
          throw new Error('cannot close');
        });
        return () => void steps.push('returned');
      },
    });
    await boot(bench, use('full'));
    const disposed = bench.host.dispose();
    bench.host.hooks.instance.ready.fire({ id: 'web-1' } as never);
    await bench.clock.advance(2_000);
    await disposed;
    expect(steps).toEqual(['aborted', 'returned', 'first registered']);
    expect(bench.early).toEqual([
      'plugin "full" failed in dispose: cannot close',
      'plugin "full" did not finish dispose within 2 s',
    ]);
    expect(bench.clock.pending).toBe(0);
  });

  test('disposers may say what they do; afterwards the plugin is silent', async () => {
    const bench = createBench({
      name: 'full',
      setup(pm) {
        pm.signal.addEventListener('abort', () => pm.logger.info('going'));
        return () => {
          pm.logger.info('closing');
          setImmediate(() => pm.logger.info('too late'));
        };
      },
    });
    await boot(bench, use('full'));
    bench.host.connect(bench.supervisor);
    await bench.host.dispose();
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.records).toEqual(['going', 'closing']);
  });

  test('twice is once', async () => {
    const gone = vi.fn();
    const bench = createBench({ name: 'one', setup: () => gone });
    await boot(bench, use('one'));
    await Promise.all([bench.host.dispose(), bench.host.dispose()]);
    expect(gone).toHaveBeenCalledOnce();
  });
});
