import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { SyncHook } from 'tapable';
import { describe, expect, test, vi } from 'vitest';
import type { Command } from '../command/command.ts';
import type { PluginError } from '../errors.ts';
import type { InstanceView } from '../instance/view.ts';
import type { LogRecord } from '../log/record.ts';
import type { SpawnRequest } from '../os/spawner.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { compileHook } from './compile.ts';
import type { PluginHooks } from './hooks.ts';
import { createOwner, type TapOwner } from './owner.ts';
import type { PluginFailure } from './payloads.ts';
import { createHooks, type HookRegistry } from './registry.ts';

const view: InstanceView = {
  id: 'web-1',
  process: 'web',
  index: 1,
  state: 'RUNNING',
  ready: true,
  restarts: 0,
  consecutiveFailures: 0,
  labels: {},
};
const request: SpawnRequest = {
  instance: 'web-1',
  process: 'web',
  argv: ['web'],
  env: { PATH: '/bin' },
  cwd: '/',
  os: { limits: {} },
  tty: false,
  stdin: { kind: 'null' },
  output: 'pipe',
};
const record: LogRecord = {
  time: 0,
  process: 'web',
  instance: 'web-1',
  stream: 'stdout',
  text: 'token=secret',
  fields: { token: 'secret' },
};
const stopWeb: Command = { type: 'stop', targets: ['web'] };

interface Bench {
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly hooks: HookRegistry;
  readonly reported: string[];
  readonly muted: string[];
  join(plugin: string): { owner: TapOwner; hooks: PluginHooks };
}

function createBench(): Bench {
  const clock = createFakeClock();
  const reported: string[] = [];
  const muted: string[] = [];
  const hooks = createHooks({
    clock,
    report: (error: PluginError) => void reported.push(`${error.plugin} ${error.hook}: ${error.message}`),
    muted: (plugin) => void muted.push(plugin),
    knownPlugins: ['metrics'],
    compile: () => compileHook,
  });
  return {
    clock,
    hooks,
    reported,
    muted,
    join(plugin) {
      const owner = createOwner(plugin);
      owner.running = true;
      return { owner, hooks: hooks.scope(owner) };
    },
  };
}

describe('an async function on a hook that nobody waits for', () => {
  test('its rejection is blamed on the plugin and ends nothing', async () => {
    const { hooks, join, reported } = createBench();
    join('slack').hooks.instance.spawned.tap(async () => {
      await Promise.resolve();
      throw new Error('no network');
    });
    hooks.instance.spawned.fire(view);
    await turnOfTheLoop();
    expect(reported).toEqual(['slack instance.spawned: plugin "slack" failed in instance.spawned: no network']);
  });

  test('its promise is no answer where an answer decides', async () => {
    const { hooks, join, reported } = createBench();
    join('later').hooks.instance.restart.tap((async () => ({ restart: false, why: 'later' })) as never);
    expect(
      hooks.instance.restart.fire(
        view,
        { code: 1, signal: null, at: 0, text: 'exit 1' },
        { restart: true, why: 'policy' },
      ),
    ).toBeUndefined();
    expect(reported[0]).toContain('it returned a promise, but nobody waits in this hook');
  });

  test('on a strict hook it refuses', () => {
    const { hooks, join } = createBench();
    join('acl').hooks.command.received.tap((async () => undefined) as never);
    expect(hooks.command.received.fire(stopWeb, 'cli')?.message).toContain('returned a promise');
  });
});

describe('a tap that throws', () => {
  test('in an isolated hook the taps after it still run', () => {
    const { hooks, join, reported } = createBench();
    const seen: string[] = [];
    join('bad').hooks.instance.ready.tap(() => {
      throw new Error('boom');
    });
    join('good').hooks.instance.ready.tap((got) => void seen.push(got.id));
    hooks.instance.ready.fire(view);
    expect(seen).toEqual(['web-1']);
    expect(reported).toEqual(['bad instance.ready: plugin "bad" failed in instance.ready: boom']);
  });

  test('in an isolated awaited series the taps after it still run', async () => {
    const { hooks, join, reported } = createBench();
    const drained = vi.fn();
    join('bad').hooks.instance.stopping.tap(() => Promise.reject(new Error('boom')));
    join('good').hooks.instance.stopping.tap(drained);
    await hooks.instance.stopping.fire(view, 'manual');
    expect(drained).toHaveBeenCalledOnce();
    expect(reported).toHaveLength(1);
  });

  test('in a strict hook it aborts the operation, stamped with plugin and hook', async () => {
    const { hooks, join } = createBench();
    const after = vi.fn();
    join('vault').hooks.instance.spawning.tap(() => {
      throw new Error('sealed');
    });
    join('after').hooks.instance.spawning.tap(after);
    await expect(hooks.instance.spawning.fire(request, view)).rejects.toMatchObject({
      code: 'PM_PLUGIN_FAILED',
      plugin: 'vault',
      hook: 'instance.spawning',
      message: 'plugin "vault" failed in instance.spawning: sealed',
    });
    expect(after).not.toHaveBeenCalled();
  });

  test.for([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'text'],
    ['an object without a prototype', Object.create(null)],
    [
      'an error whose message throws',
      Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error('twice');
        },
      }),
    ],
  ] as const)('may throw %s', ([, thrown]) => {
    const { hooks, join, reported } = createBench();
    join('odd').hooks.instance.ready.tap(() => {
      throw thrown;
    });
    hooks.instance.ready.fire(view);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(/^odd instance.ready: plugin "odd" failed/);
  });
});

describe('a tap that never settles', () => {
  test('in an isolated hook is left behind at the limit, with a report', async () => {
    const { hooks, clock, join, reported } = createBench();
    join('stuck').hooks.supervisor.draining.tap(() => new Promise(() => undefined));
    const fired = hooks.supervisor.draining.fire('SIGTERM', 'signal');
    await clock.advance(5_000);
    await fired;
    expect(reported).toEqual([
      'stuck supervisor.draining: plugin "stuck" did not finish supervisor.draining within 5 s',
    ]);
    expect(clock.pending).toBe(0);
  });

  test('does not keep the taps after it from being called', async () => {
    const { hooks, clock, join } = createBench();
    const called = vi.fn();
    join('stuck').hooks.supervisor.draining.tap(() => new Promise(() => undefined));
    join('next').hooks.supervisor.draining.tap(called);
    const fired = hooks.supervisor.draining.fire('SIGTERM', 'signal');
    await clock.advance(5_000);
    await fired;
    expect(called).toHaveBeenCalledWith('SIGTERM', 'signal', expect.objectContaining({ limitMs: 0 }));
  });

  test('in a strict hook fails the operation at the limit', async () => {
    const { hooks, clock, join } = createBench();
    join('stuck').hooks.instance.spawning.tap(() => new Promise(() => undefined));
    const fired = hooks.instance.spawning.fire(request, view).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await fired).toMatchObject({ message: 'plugin "stuck" did not finish instance.spawning within 5 s' });
  });

  test('is told by its signal, and may fail afterwards without harm', async () => {
    const { hooks, clock, join, reported } = createBench();
    join('late').hooks.instance.stopping.tap(
      (_view, _reason, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('gave up')));
        }),
    );
    const fired = hooks.instance.stopping.fire(view, 'shutdown', { limitMs: 1_000 });
    await clock.advance(1_000);
    await fired;
    await turnOfTheLoop();
    expect(reported).toEqual(['late instance.stopping: plugin "late" did not finish instance.stopping within 1 s']);
  });

  test("is nobody's fault when the supervisor stops waiting", async () => {
    const { hooks, join, clock, reported } = createBench();
    const second = new AbortController();
    join('slow').hooks.instance.stopping.tap(() => new Promise(() => undefined));
    const fired = hooks.instance.stopping.fire(view, 'shutdown', { limitMs: 60_000, signal: second.signal });
    second.abort(new Error('second SIGTERM'));
    await fired;
    expect(reported).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('before', () => {
  test('tapable itself jumps to the front for a name it does not meet', () => {
    const order: string[] = [];
    const hook = new SyncHook<[number]>(['x']);
    hook.tap('a', () => void order.push('a'));
    hook.tap({ name: 'b', before: 'misspelt' }, () => void order.push('b'));
    hook.call(1);
    expect(order).toEqual(['b', 'a']);
  });

  test('an unknown name is refused', () => {
    const { join } = createBench();
    expect(() => join('b').hooks.instance.ready.tap(() => undefined, { before: 'metrcs' })).toThrow(
      'plugin "b": tap of instance.ready has before: "metrcs", but no plugin has that name',
    );
  });

  test('a known plugin that is off, or taps later, changes nothing', () => {
    const { hooks, join } = createBench();
    const order: string[] = [];
    const [first, second, third] = ['first', 'second', 'third'].map((name) => join(name).hooks.instance.ready);
    first?.tap(() => void order.push('first'));
    second?.tap(() => void order.push('second'), { before: ['metrics', 'third'] });
    third?.tap(() => void order.push('third'));
    hooks.instance.ready.fire(view);
    expect(order).toEqual(['first', 'second', 'third']);
  });

  test('a plugin that taps earlier is overtaken', () => {
    const { hooks, join } = createBench();
    const order: string[] = [];
    join('first').hooks.instance.ready.tap(() => void order.push('first'));
    join('second').hooks.instance.ready.tap(() => void order.push('second'), { before: 'first' });
    hooks.instance.ready.fire(view);
    expect(order).toEqual(['second', 'first']);
  });
});

describe('a plugin that is gone', () => {
  test('is not called, and other taps are', () => {
    const { hooks, join } = createBench();
    const gone = join('gone');
    const [goneTap, stayTap] = [vi.fn(), vi.fn()];
    gone.hooks.instance.ready.tap(goneTap);
    join('stay').hooks.instance.ready.tap(stayTap);
    hooks.instance.ready.fire(view);
    hooks.remove(gone.owner);
    hooks.instance.ready.fire(view);
    expect(goneTap).toHaveBeenCalledTimes(1);
    expect(stayTap).toHaveBeenCalledTimes(2);
    expect(hooks.taps()).toEqual([{ hook: 'instance.ready', plugin: 'stay', stage: 0, critical: false }]);
  });

  test('cannot tap any more', () => {
    const { hooks, join } = createBench();
    const gone = join('gone');
    hooks.remove(gone.owner);
    expect(() => gone.hooks.instance.ready.tap(() => undefined)).toThrow('cannot be tapped any more');
  });

  test('may go while its hook is firing', () => {
    const { hooks, join } = createBench();
    const second = join('second');
    const tap = vi.fn();
    join('first').hooks.instance.ready.tap(() => hooks.remove(second.owner));
    second.hooks.instance.ready.tap(tap);
    hooks.instance.ready.fire(view);
    expect(tap).not.toHaveBeenCalled();
  });
});

describe('muting', () => {
  test('five failures within a minute mute a plugin, once', async () => {
    const { hooks, join, muted, reported } = createBench();
    const tap = vi.fn(() => {
      throw new Error('again');
    });
    join('bad').hooks.instance.ready.tap(tap);
    for (let i = 0; i < 20; i += 1) hooks.instance.ready.fire(view);
    expect(tap).toHaveBeenCalledTimes(5);
    expect(muted).toEqual(['bad']);
    expect(reported).toHaveLength(5);
    expect(hooks.instance.ready.hasTaps()).toBe(false);
  });

  test('five failures over a longer time do not', async () => {
    const { hooks, clock, join, muted } = createBench();
    join('bad').hooks.instance.ready.tap(() => {
      throw new Error('now and then');
    });
    for (let i = 0; i < 20; i += 1) {
      hooks.instance.ready.fire(view);
      await clock.advance(15_001);
    }
    expect(muted).toEqual([]);
  });

  test('does not open the door that a strict tap guards', () => {
    const { hooks, join, reported } = createBench();
    join('acl').hooks.command.received.tap(() => {
      throw new Error('crash');
    });
    for (let i = 0; i < 50; i += 1) {
      expect(hooks.command.received.fire(stopWeb, 'cli')).toMatchObject({
        message: 'plugin "acl" failed in command.received: crash',
      });
    }
    expect(reported).toHaveLength(5);
  });
});

describe('what a tap gets', () => {
  test('cannot be changed', async () => {
    const { hooks, join, reported } = createBench();
    const { hooks: bad } = join('bad');
    bad.instance.ready.tap((got) => {
      (got.labels as Record<string, string>)['x'] = 'y';
    });
    bad.instance.spawned.tap((got) => {
      (got as { id: string }).id = 'stolen';
    });
    const mine = { ...view, labels: { a: 'b' } };
    hooks.instance.ready.fire(mine);
    hooks.instance.spawned.fire(mine);
    expect(mine).toEqual({ ...view, labels: { a: 'b' } });
    expect(reported).toHaveLength(2);
  });

  test('of a filter is not shared with what the tap before keeps', async () => {
    const { hooks, join } = createBench();
    let kept: { argv: string[] } | undefined;
    join('first').hooks.instance.spawning.tap((got) => {
      kept = { ...got, argv: [...got.argv] };
      return kept as unknown as SpawnRequest;
    });
    const result = await hooks.instance.spawning.fire(request, view);
    kept?.argv.push('--evil');
    expect(result.argv).toEqual(['web']);
  });
});

describe('answers', () => {
  test.for([
    ['an empty command line', { ...request, argv: [] }, 'request.argv must be a list with at least one word'],
    ['no environment', { ...request, env: undefined }, 'request.env'],
    ['a number in the environment', { ...request, env: { PORT: 80 } }, 'request.env.PORT must be text'],
    ['a NUL', { ...request, argv: ['a\0b'] }, 'request.argv[0] must be text without NUL'],
    [
      'another user',
      { ...request, os: { limits: {}, credentials: { uid: 0, gid: 0, groups: [] } } },
      'request.os.credentials cannot be changed',
    ],
    ['another process', { ...request, process: 'other' }, 'request.process cannot be changed'],
    ['something else', 42, 'must be a spawn request'],
  ] as const)('instance.spawning: %s fails the spawn', async ([, answer, message]) => {
    const { hooks, join } = createBench();
    join('bad').hooks.instance.spawning.tap(() => answer as unknown as SpawnRequest);
    await expect(hooks.instance.spawning.fire(request, view)).rejects.toThrow(message);
  });

  test('instance.spawning: each tap gets what the one before returned, undefined leaves it', async () => {
    const { hooks, join } = createBench();
    join('a').hooks.instance.spawning.tap((got) => ({ ...got, env: { ...got.env, A: '1' } }));
    join('b').hooks.instance.spawning.tap(() => undefined);
    join('c').hooks.instance.spawning.tap(async (got) => ({ ...got, env: { ...got.env, C: `${got.env['A']}2` } }));
    await expect(hooks.instance.spawning.fire(request, view)).resolves.toMatchObject({
      env: { PATH: '/bin', A: '1', C: '12' },
    });
  });

  test('instance.restart: the first answer wins, a bad one is skipped', () => {
    const { hooks, join, reported } = createBench();
    join('bad').hooks.instance.restart.tap(() => ({ restart: true, delayMs: -1, why: 'soon' }));
    join('good').hooks.instance.restart.tap(() => ({ restart: false, why: 'license expired' }));
    join('late').hooks.instance.restart.tap(() => ({ restart: true, why: 'never asked' }));
    const exit = { code: 1, signal: null, at: 0, text: 'exit 1' };
    expect(hooks.instance.restart.fire(view, exit, { restart: true, why: 'policy' })).toEqual({
      restart: false,
      why: 'license expired',
    });
    expect(reported).toHaveLength(1);
  });

  test('command.received: the stop of the supervisor is shown but cannot be refused', () => {
    const { hooks, join } = createBench();
    const seen = vi.fn(() => ({ message: 'maintenance' }));
    join('acl').hooks.command.received.tap(seen);
    expect(hooks.command.received.fire({ type: 'shutdown', reason: 'SIGTERM' }, 'signal')).toBeUndefined();
    expect(hooks.command.received.fire(stopWeb, 'cli')).toEqual({ message: 'maintenance' });
    expect(seen).toHaveBeenCalledTimes(2);
  });

  test('config.detect: facts come in plugin order, whoever is first to know', async () => {
    const { hooks, join, clock } = createBench();
    const project = { cwd: '/', env: {}, has: () => false, read: () => undefined };
    join('slow').hooks.config.detect.tap(async () => {
      await clock.sleep(100);
      return { a: 1 };
    });
    join('none').hooks.config.detect.tap(() => undefined);
    join('fast').hooks.config.detect.tap(() => ({ b: 2 }));
    const facts = hooks.config.detect.fire(project);
    await clock.advance(100);
    await expect(facts).resolves.toEqual([{ a: 1 }, { b: 2 }]);
  });
});

describe('log.line', () => {
  test('a critical tap that fails withholds the text and its fields, also after it was muted', () => {
    const { hooks, join, reported } = createBench();
    join('redact').hooks.log.line.tap(
      () => {
        throw new Error('bad pattern');
      },
      { critical: true },
    );
    for (let i = 0; i < 50; i += 1) {
      const shown = hooks.log.line.fire({ ...record });
      expect(JSON.stringify(shown)).not.toContain('secret');
      expect(shown.text).toBe('[withheld: plugin "redact" failed in log.line]');
    }
    expect(reported).toHaveLength(5);
  });

  test('an ordinary tap that fails lets the line through', () => {
    const { hooks, join } = createBench();
    join('level').hooks.log.line.tap(() => {
      throw new Error('boom');
    });
    expect(hooks.log.line.fire(record)).toBe(record);
  });

  test('a tap cannot put a line in the mouth of another process', () => {
    const { hooks, join } = createBench();
    join('bad').hooks.log.line.tap((got) => ({ ...got, text: 'x', instance: 'nginx-1', process: 'nginx' }));
    expect(hooks.log.line.fire(record)).toMatchObject({ instance: 'web-1', process: 'web', text: 'x' });
  });

  test('critical has no meaning elsewhere and is refused', () => {
    const { join } = createBench();
    expect(() => join('bad').hooks.instance.ready.tap(() => undefined, { critical: true })).toThrow(
      'cannot be critical',
    );
  });
});

describe('plugin.failed', () => {
  test('tells of the failures of others and never of its own', () => {
    const { hooks, join, reported } = createBench();
    const seen: PluginFailure[] = [];
    join('alerts').hooks.plugin.failed.tap((failure) => {
      seen.push(failure);
      throw new Error('alerting is down');
    });
    join('bad').hooks.instance.ready.tap(() => {
      throw new Error('boom');
    });
    hooks.instance.ready.fire(view);
    expect(seen).toEqual([
      {
        plugin: 'bad',
        hook: 'instance.ready',
        message: 'plugin "bad" failed in instance.ready: boom',
        code: 'PM_PLUGIN_FAILED',
        muted: false,
      },
    ]);
    expect(reported).toHaveLength(2);
  });
});

describe('a tap that blocks', () => {
  test('is named', () => {
    const { hooks, clock, join, reported } = createBench();
    const now = vi.spyOn(clock, 'monotonic');
    join('busy').hooks.instance.ready.tap(() => void now.mockReturnValue(400));
    hooks.instance.ready.fire(view);
    expect(reported).toEqual([
      'busy instance.ready: plugin "busy" failed in instance.ready: it held the supervisor up for 400 ms; wait without blocking',
    ]);
  });
});

describe('names', () => {
  test('a misspelt hook is an error with a suggestion', () => {
    const { join } = createBench();
    const { hooks } = join('typo');
    expect(() => (hooks.instance as unknown as Record<string, never>)['spwaned']).toThrow(
      expect.objectContaining({
        message: 'plugin "typo": there is no hook "instance.spwaned"',
        hint: 'Did you mean "instance.spawned"?',
      }),
    );
    expect(() => (hooks as unknown as Record<string, never>)['instances']).toThrow('there is no hook "instances"');
  });

  test('a misspelt option is an error', () => {
    const { join } = createBench();
    expect(() => join('typo').hooks.instance.ready.tap(() => undefined, { stag: 1 } as never)).toThrow(
      'unknown option "stag"',
    );
    expect(() => join('typo').hooks.instance.ready.tap(() => undefined, { stage: 'erly' as never })).toThrow(
      'stage must be a finite number or one of',
    );
  });
});

describe('planes', () => {
  test('a set-up whose plan is not accepted is heard in planning only', async () => {
    const { hooks } = createBench();
    const owner = createOwner('candidate');
    const [detect, ready] = [vi.fn(), vi.fn()];
    const own = hooks.scope(owner);
    own.config.detect.tap(detect);
    own.instance.ready.tap(ready);
    await hooks.config.detect.fire({ cwd: '/', env: {}, has: () => false, read: () => undefined });
    hooks.instance.ready.fire(view);
    expect(detect).toHaveBeenCalledOnce();
    expect(ready).not.toHaveBeenCalled();
  });

  test('a firing may be for some set-ups only', async () => {
    const { hooks, join } = createBench();
    const [old, joining] = [vi.fn(), vi.fn()];
    join('old').hooks.supervisor.draining.tap(old);
    const joins = join('joining');
    joins.hooks.supervisor.draining.tap(joining);
    await hooks.supervisor.draining.fire('reload', 'cli', { only: new Set([joins.owner]) });
    expect(old).not.toHaveBeenCalled();
    expect(joining).toHaveBeenCalledOnce();
  });
});
