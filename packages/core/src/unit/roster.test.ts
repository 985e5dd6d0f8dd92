import { describe, expect, it } from 'vitest';
import type { HookSpec, ProcessSpec } from '../plan/spec.ts';
import { createTestPorts, type TestPorts } from '../testing/test-ports.ts';
import { createTestSpec, dependOn } from '../testing/test-spec.ts';
import { startWithNeeds } from './needs.ts';
import { Roster } from './roster.ts';
import type { Unit } from './unit.ts';

function setUp(specs: readonly ProcessSpec[]): {
  ports: TestPorts;
  roster: Roster;
  unit: (name: string) => Unit;
  start: (name: string) => Promise<void>;
} {
  const ports = createTestPorts();
  const roster = new Roster(ports);
  roster.add(specs);
  const unit = (name: string): Unit => {
    const found = roster.get(name);
    if (found === undefined) throw new Error(`no unit ${name}`);
    return found;
  };
  const start = async (name: string): Promise<void> => {
    startWithNeeds(roster, unit(name));
    await ports.clock.advance(0);
  };
  return { ports, roster, unit, start };
}

const state = (unit: Unit, index = 1): string | undefined => unit.instance(index)?.view().state;

describe('gates', () => {
  it('a dependent starts only after the oneshot it depends on has succeeded [line 3]', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('migrate', { type: 'oneshot' }),
      createTestSpec('web', { dependsOn: [dependOn('migrate', 'completed')] }),
    ]);
    await start('web');
    expect(state(unit('web'))).toBe('PENDING');
    expect(unit('web').view().reason).toBe('waiting for "migrate" to be completed');
    ports.spawner.of('migrate-1').exit(0);
    await ports.clock.advance(0);
    expect(state(unit('web'))).toBe('READY');
    expect(unit('migrate').view()).toMatchObject({ state: 'COMPLETED', ready: true });
    expect(ports.told).not.toContain('instance.unready migrate-1');
  });

  it('a oneshot that has succeeded is ready for those that wait for that', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('migrate', { type: 'oneshot' }),
      createTestSpec('web', { dependsOn: [dependOn('migrate', 'ready')] }),
    ]);
    await start('web');
    ports.spawner.of('migrate-1').exit(0);
    await ports.clock.advance(0);
    expect(state(unit('web'))).toBe('READY');
  });

  it('a dependency that fails for good fails the dependent at once, naming it [line 5]', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('migrate', { type: 'oneshot' }),
      createTestSpec('web', { dependsOn: [dependOn('migrate', 'completed')] }),
    ]);
    await start('web');
    ports.spawner.of('migrate-1').exit(3);
    await ports.clock.advance(0);
    expect(unit('web').view()).toMatchObject({
      state: 'FAILED',
      reason: expect.stringContaining('its dependency "migrate" failed (exit 3') as string,
    });
    expect(ports.clock.pending).toBe(0);
  });

  it('waiting ends after dependency_timeout with the culprit named [line 5]', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('db', { readiness: { kind: 'port', port: 5432 }, startTimeoutMs: 0 }),
      createTestSpec('web', { dependsOn: [{ ...dependOn('db'), timeoutMs: 10_000 }] }),
    ]);
    await start('web');
    await ports.clock.advance(10_000);
    expect(unit('web').view()).toMatchObject({ state: 'FAILED', reason: 'waited 10 s for "db" to be ready' });
    unit('db').down('manual');
    ports.spawner.of('db-1').exit(0);
    await ports.clock.advance(100);
    expect(ports.clock.pending).toBe(0);
  });

  it('an optional dependency that cannot come does not keep the process down [line 5]', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('cache', { enabled: false }),
      createTestSpec('web', { dependsOn: [{ ...dependOn('cache'), optional: true }] }),
    ]);
    await start('web');
    expect(state(unit('web'))).toBe('READY');
    expect(ports.spawner.live).toHaveLength(1);
  });

  it('wait_after delays the start after the dependency is met', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('db'),
      createTestSpec('web', { dependsOn: [{ ...dependOn('db'), waitAfterMs: 3000 }] }),
    ]);
    await start('web');
    await ports.clock.advance(2999);
    expect(unit('web').view()).toMatchObject({ state: 'PENDING', reason: 'waiting 3000 ms after "db" (wait_after)' });
    await ports.clock.advance(1);
    expect(state(unit('web'))).toBe('READY');
  });

  it('conflicts_with stops the other, and starts only when it is gone', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('blue'),
      createTestSpec('green', { conflictsWith: ['blue'] }),
    ]);
    await start('blue');
    ports.spawner.of('blue-1').onSignal('SIGTERM', () => undefined);
    await start('green');
    expect([state(unit('blue')), state(unit('green'))]).toEqual(['STOPPING', 'PENDING']);
    ports.spawner.of('blue-1').exit(0);
    await ports.clock.advance(0);
    expect([state(unit('blue')), state(unit('green'))]).toEqual(['STOPPED', 'READY']);
    // The other way round too: who declared it does not matter.
    ports.spawner.of('green-1').onSignal('SIGTERM', () => undefined);
    await start('blue');
    expect([state(unit('blue')), state(unit('green'))]).toEqual(['PENDING', 'STOPPING']);
    ports.spawner.of('green-1').exit(0);
    await ports.clock.advance(0);
    expect([state(unit('blue')), state(unit('green'))]).toEqual(['READY', 'STOPPED']);
  });
});

describe('stopping an instance', () => {
  it('sends the stop signal, waits its time, then kills [line 21]', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    await start('web');
    const child = ports.spawner.of('web-1');
    child.ignore('SIGTERM');
    unit('web').down('manual');
    await ports.clock.advance(29_999);
    expect(child.received.map((one) => one.signal)).toEqual(['SIGTERM', 'SIGCONT']);
    await ports.clock.advance(1);
    expect(child.received.at(-1)).toEqual({ signal: 'SIGKILL', mode: 'mixed', via: 'kill' });
    expect(state(unit('web'))).toBe('STOPPED');
    expect(ports.clock.pending).toBe(0);
  });

  it('a stop during the spawn reaches the child when it appears', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    const release = ports.spawner.hold();
    await start('web');
    unit('web').down('manual');
    expect(state(unit('web'))).toBe('STOPPING');
    release();
    await ports.clock.advance(0);
    expect(state(unit('web'))).toBe('STOPPED');
    expect(ports.spawner.live).toHaveLength(0);
  });

  it('a second stop changes nothing', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    await start('web');
    ports.spawner.of('web-1').ignore('SIGTERM');
    unit('web').down('manual');
    unit('web').down('manual');
    await ports.clock.advance(0);
    expect(ports.spawner.of('web-1').received.filter((one) => one.signal === 'SIGTERM')).toHaveLength(1);
    await ports.clock.advance(30_000);
  });

  it('a start during a stop brings it up again, after its end [line 23]', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    await start('web');
    ports.spawner.of('web-1').onSignal('SIGTERM', () => undefined);
    unit('web').down('manual');
    unit('web').up();
    await ports.clock.advance(0);
    expect(ports.spawner.children).toHaveLength(1);
    ports.spawner.of('web-1').exit(0);
    await ports.clock.advance(0);
    expect(ports.spawner.children).toHaveLength(2);
    expect(state(unit('web'))).toBe('READY');
  });
});

describe('restarting', () => {
  it('a crash loop backs off and gives up [lines 10, 11]', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    await start('web');
    for (const delay of [5000, 10_000, 20_000]) {
      ports.spawner.of('web-1').exit('SIGSEGV');
      await ports.clock.advance(delay - 1);
      expect(state(unit('web'))).toBe('BACKOFF');
      await ports.clock.advance(1);
      expect(state(unit('web'))).toBe('READY');
    }
    ports.spawner.of('web-1').exit('SIGSEGV');
    await ports.clock.advance(0);
    expect(unit('web').view()).toMatchObject({
      state: 'FAILED',
      reason: 'killed by SIGSEGV; gave up after 3 restarts',
    });
  });

  it('while the hooks of its end run, it is neither up nor has it a pid', async () => {
    const bury = {
      name: 'bury',
      command: { kind: 'argv', argv: ['bury'] },
      timeoutMs: 30_000,
      retry: 0,
      retryDelayMs: 0,
      continueOnError: false,
      env: {},
    } as const;
    const { ports, unit, start } = setUp([
      createTestSpec('web', { hooks: { ...createTestSpec('x').hooks, finish: [bury] } }),
    ]);
    await start('web');
    ports.spawner.of('web-1').exit(1);
    await ports.clock.advance(0);
    expect(unit('web').instance(1)?.view()).toMatchObject({ state: 'STOPPING', ready: false });
    expect(unit('web').instance(1)?.view()).not.toHaveProperty('pid');
    ports.spawner.of('hook:bury').exit(0);
    await ports.clock.advance(0);
    expect(state(unit('web'))).toBe('BACKOFF');
    await ports.clock.advance(5000);
    expect(ports.told.filter((line) => line.startsWith('web-1 ')).slice(-4)).toEqual([
      'web-1 BACKOFF',
      'web-1 PENDING',
      'web-1 STARTING',
      'web-1 READY',
    ]);
  });

  it('the time that hooks of its end take is not its own: a short run stays short [line 10]', async () => {
    const bury = {
      name: 'bury',
      command: { kind: 'argv', argv: ['bury'] },
      timeoutMs: 30_000,
      retry: 0,
      retryDelayMs: 0,
      continueOnError: false,
      env: {},
    } as const;
    const { ports, unit, start } = setUp([
      createTestSpec('web', { hooks: { ...createTestSpec('x').hooks, finish: [bury] } }),
    ]);
    await start('web');
    ports.spawner.of('web-1').exit(0);
    await ports.clock.advance(20_000);
    ports.spawner.of('hook:bury').exit(0);
    await ports.clock.advance(0);
    expect(unit('web').instance(1)?.view()).toMatchObject({ state: 'BACKOFF', consecutiveFailures: 1 });
    unit('web').down('manual');
  });

  it('a spawn that fails is a failure like any other [line 12]', async () => {
    const { ports, unit, start } = setUp([createTestSpec('web')]);
    ports.spawner.failNext('resolve', 'ENOENT');
    await start('web');
    expect(unit('web').instance(1)?.view()).toMatchObject({ state: 'BACKOFF', consecutiveFailures: 1 });
    expect(ports.told).toContain('instance.spawn_failed web-1');
    await ports.clock.advance(5000);
    expect(state(unit('web'))).toBe('READY');
  });

  it('a dependent is not restarted because its dependency crashed, and gates are asked again for a restart', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('db'),
      createTestSpec('web', { dependsOn: [dependOn('db')] }),
    ]);
    await start('web');
    ports.spawner.of('db-1').exit(1);
    await ports.clock.advance(0);
    expect([state(unit('db')), state(unit('web'))]).toEqual(['BACKOFF', 'READY']);
    ports.spawner.of('web-1').exit(1);
    await ports.clock.advance(5000);
    expect([state(unit('db')), state(unit('web'))]).toEqual(['READY', 'READY']);
  });

  it('not ready in time is a failure: stopped, counted, tried again', async () => {
    const { ports, unit, start } = setUp([
      createTestSpec('web', { readiness: { kind: 'port', port: 80 }, startTimeoutMs: 1000 }),
    ]);
    await start('web');
    await ports.clock.advance(1000);
    expect(unit('web').instance(1)?.view()).toMatchObject({ state: 'BACKOFF', consecutiveFailures: 1 });
    ports.openPorts.add(80);
    await ports.clock.advance(5100);
    expect(state(unit('web'))).toBe('READY');
  });
});

describe('scaling [line 14]', () => {
  it('up starts slots, down drains the highest first, 0 keeps the unit', async () => {
    const { ports, unit, start } = setUp([createTestSpec('queue', { scale: 2, portBase: 9000 })]);
    await start('queue');
    unit('queue').scaleTo(3);
    await ports.clock.advance(0);
    expect(ports.spawner.of('queue-3').request.env.PORT).toBe('9002');
    unit('queue').scaleTo(1);
    await ports.clock.advance(0);
    expect(unit('queue').instances.map((instance) => instance.id)).toEqual(['queue-1']);
    unit('queue').scaleTo(0);
    await ports.clock.advance(0);
    expect(unit('queue').view()).toMatchObject({ state: 'STOPPED', scale: 0, instances: [] });
    unit('queue').scaleTo(2);
    await ports.clock.advance(0);
    expect(ports.spawner.live).toHaveLength(2);
  });
});

describe('post_start hooks', () => {
  it('run in order, and one that waits for its time holds up none of the others', async () => {
    const hook = (name: string, delayMs?: number): HookSpec => ({
      name,
      command: { kind: 'argv', argv: [name] },
      timeoutMs: 30_000,
      retry: 0,
      retryDelayMs: 0,
      continueOnError: false,
      env: {},
      ...(delayMs === undefined ? {} : { delayMs }),
    });
    const hooks = { ...createTestSpec('x').hooks, postStart: [hook('script', 7000), hook('one'), hook('two')] };
    const { ports, unit, start } = setUp([createTestSpec('web', { hooks })]);
    const started = (): readonly string[] => ports.spawner.children.map((child) => child.request.instance).slice(1);
    await start('web');
    expect(started()).toEqual(['hook:one']);
    ports.spawner.of('hook:one').exit(0);
    await ports.clock.advance(6999);
    expect(started()).toEqual(['hook:one', 'hook:two']);
    ports.spawner.of('hook:two').exit(0);
    await ports.clock.advance(1);
    expect(started()).toEqual(['hook:one', 'hook:two', 'hook:script']);
    unit('web').down('manual');
    await ports.clock.advance(0);
    expect(ports.spawner.live).toEqual([]);
    expect(ports.clock.pending).toBe(0);
  });
});
