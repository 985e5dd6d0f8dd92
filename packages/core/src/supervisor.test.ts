import { describe, expect, it } from 'vitest';
import { createHooks } from './hooks/registry.ts';
import type { HookSpec, Plan, ProcessSpec } from './plan/spec.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { createTestPorts, type TestPorts } from './testing/test-ports.ts';
import { createTestPlan, createTestSpec, dependOn } from './testing/test-spec.ts';

interface Run {
  readonly ports: TestPorts;
  readonly supervisor: Supervisor;
  /** Exit code, once it has ended. */
  code(): number | undefined;
  /** Lets everything that is due happen. */
  turn(ms?: number): Promise<void>;
  stateOf(process: string): string | undefined;
}

function start(specs: readonly ProcessSpec[], changes: Partial<Plan> = {}): Run {
  const ports = createTestPorts();
  const plan = createTestPlan(specs, changes);
  const hooks = createHooks({ clock: ports.clock, report: () => undefined });
  const supervisor = createSupervisor({
    plan,
    hooks,
    replan: () => Promise.resolve({ plan, accept: () => Promise.resolve(), discard: () => Promise.resolve() }),
    world: { ...ports, socketPlace: undefined, pid: 1, hasTerminal: false },
    disposePlugins: () => Promise.resolve(),
  });
  let code: number | undefined;
  void supervisor.run().then((end) => (code = end));
  return {
    ports,
    supervisor,
    code: () => code,
    turn: (ms = 0) => ports.clock.advance(ms),
    stateOf: (process) => supervisor.snapshot().processes.find(({ name }) => name === process)?.state,
  };
}

const global = createTestPlan([]).global;
const hook = (name: string): HookSpec => ({
  name,
  command: { kind: 'argv', argv: [name] },
  timeoutMs: 30_000,
  retry: 0,
  retryDelayMs: 0,
  continueOnError: false,
  env: {},
});

describe('booting', () => {
  it('starts independent processes together, and waits for nobody', async () => {
    const { ports, supervisor, turn } = start([createTestSpec('a'), createTestSpec('b')]);
    await turn();
    expect(ports.spawner.live.map((child) => child.request.instance)).toEqual(['a-1', 'b-1']);
    expect(supervisor.snapshot().phase).toBe('running');
    supervisor.onSignal('SIGTERM');
    await turn();
  });

  it('opens a wave when the earlier one is spawned [line 4]', async () => {
    const { ports, supervisor, turn } = start([
      createTestSpec('late', { priority: 200 }),
      createTestSpec('early', { priority: 10 }),
      createTestSpec('needed', { priority: 300 }),
      createTestSpec('eager', { priority: 5, dependsOn: [dependOn('needed')] }),
    ]);
    await turn();
    expect(ports.spawner.children.map((child) => child.request.process)).toEqual(['needed', 'eager', 'early', 'late']);
    supervisor.onSignal('SIGTERM');
    await turn();
  });

  it('a pre_start hook that fails ends it with code 1, having started nothing [lines 2, 26]', async () => {
    const { ports, code, turn } = start([createTestSpec('web')], {
      hooks: { preStart: [hook('prepare')], postStart: [], preStop: [], postStop: [] },
    });
    await turn();
    ports.spawner.of('hook:prepare').exit(2);
    await turn();
    expect(code()).toBe(1);
    expect(ports.spawner.children).toHaveLength(1);
    expect(ports.clock.pending).toBe(0);
  });

  it('a stop during a pre_start hook drains at once [line 6]', async () => {
    const { ports, supervisor, code, turn } = start([createTestSpec('web')], {
      hooks: { preStart: [hook('prepare')], postStart: [], preStop: [], postStop: [] },
    });
    await turn();
    supervisor.onSignal('SIGTERM');
    await turn();
    expect(code()).toBe(0);
    expect(ports.spawner.live).toHaveLength(0);
    expect(ports.clock.pending).toBe(0);
  });

  it('a stop during a dependency wait drains at once [line 6]', async () => {
    const { ports, supervisor, code, turn } = start([
      createTestSpec('db', { readiness: { kind: 'port', port: 1 } }),
      createTestSpec('web', { dependsOn: [dependOn('db')] }),
    ]);
    await turn();
    supervisor.onSignal('SIGTERM');
    await turn();
    expect(code()).toBe(0);
    expect(ports.clock.pending).toBe(0);
  });

  it('post_start runs when all that boots is ready [line 7]', async () => {
    const { ports, supervisor, turn } = start([createTestSpec('web', { readiness: { kind: 'port', port: 80 } })], {
      hooks: { preStart: [], postStart: [hook('announce')], preStop: [], postStop: [] },
    });
    await turn(1000);
    expect(ports.spawner.children.map((child) => child.request.instance)).toEqual(['web-1']);
    ports.openPorts.add(80);
    await turn(100);
    ports.spawner.of('hook:announce').exit(0);
    await turn();
    expect(supervisor.snapshot().phase).toBe('running');
    supervisor.onSignal('SIGTERM');
    await turn();
  });
});

describe('failing', () => {
  it('a required process that gives up stops everything with its code [line 11]', async () => {
    const { ports, code, turn } = start([createTestSpec('web'), createTestSpec('migrate', { type: 'oneshot' })]);
    await turn();
    ports.spawner.of('migrate-1').exit(7);
    await turn();
    expect(code()).toBe(7);
    expect(ports.spawner.live).toHaveLength(0);
  });

  it('a required process killed by a signal gives 128 and its number [line 11]', async () => {
    const { ports, code, turn } = start([
      createTestSpec('web', { required: true, restart: { ...createTestSpec('x').restart, policy: 'never' } }),
    ]);
    await turn();
    ports.spawner.of('web-1').exit('SIGSEGV');
    await turn();
    expect(code()).toBe(139);
  });

  it('on_process_failure: shutdown does the same for a process that is not required [line 11]', async () => {
    const { ports, code, turn } = start(
      [
        createTestSpec('web'),
        createTestSpec('worker', { restart: { ...createTestSpec('x').restart, maxAttempts: 0 } }),
      ],
      { global: { ...global, onProcessFailure: 'shutdown' } },
    );
    await turn();
    ports.spawner.of('worker-1').exit(3);
    await turn();
    expect(code()).toBe(3);
  });
});

describe('being idle [line 13]', () => {
  it('ends with 0 when oneshots are done and nothing else is there', async () => {
    const { ports, code, turn } = start([createTestSpec('job', { type: 'oneshot' })]);
    await turn();
    expect(code()).toBeUndefined();
    ports.spawner.of('job-1').exit(0);
    await turn();
    expect(code()).toBe(0);
  });

  it('ends with the first failing code', async () => {
    const { ports, code, turn } = start([
      createTestSpec('a', { type: 'oneshot', required: false }),
      createTestSpec('b', { type: 'oneshot', required: false }),
    ]);
    await turn();
    ports.spawner.of('b-1').exit(5);
    await turn();
    ports.spawner.of('a-1').exit(4);
    await turn();
    expect(code()).toBe(5);
  });

  it('is not idle while something is in backoff, on demand, parked or held', async () => {
    const { ports, supervisor, code, turn } = start([
      createTestSpec('job', { type: 'oneshot' }),
      createTestSpec('web'),
    ]);
    await turn();
    ports.spawner.of('job-1').exit(0);
    ports.spawner.of('web-1').exit(1);
    await turn();
    expect(code()).toBeUndefined();
    const release = supervisor.hold();
    await supervisor.dispatch({ type: 'stop', targets: ['web'] }, { caller: 'test' });
    await turn();
    expect(code()).toBeUndefined();
    release();
    await turn();
    expect(code()).toBeUndefined();
    supervisor.onSignal('SIGTERM');
    await turn();
    expect(code()).toBe(0);
  });
});

describe('stopping', () => {
  it('stops dependents fully before what they depend on [line 20]', async () => {
    const { ports, supervisor, code, turn } = start([
      createTestSpec('fpm'),
      createTestSpec('nginx', { dependsOn: [dependOn('fpm')] }),
    ]);
    await turn();
    ports.spawner.of('nginx-1').onSignal('SIGTERM', () => undefined);
    supervisor.onSignal('SIGTERM');
    await turn(5000);
    expect(ports.spawner.of('fpm-1').received).toEqual([]);
    ports.spawner.of('nginx-1').exit(0);
    await turn();
    expect(code()).toBe(0);
    expect(ports.clock.pending).toBe(0);
  });

  it('stops waves of priority in reverse [line 20]', async () => {
    const { ports, supervisor, turn } = start([
      createTestSpec('first', { priority: 1 }),
      createTestSpec('last', { priority: 2 }),
    ]);
    await turn();
    ports.spawner.of('last-1').onSignal('SIGTERM', () => undefined);
    supervisor.onSignal('SIGTERM');
    await turn(1000);
    expect(ports.spawner.of('first-1').received).toEqual([]);
    ports.spawner.of('last-1').exit(0);
    await turn();
    expect(ports.spawner.live).toHaveLength(0);
  });

  it('the budget ends everything and names who held it up [line 24]', async () => {
    const { ports, supervisor, code, turn } = start(
      [createTestSpec('fpm'), createTestSpec('nginx', { dependsOn: [dependOn('fpm')] })],
      {
        global: { ...global, shutdownTimeoutMs: 10_000 },
      },
    );
    await turn();
    ports.spawner.of('nginx-1').ignore('SIGTERM');
    supervisor.onSignal('SIGTERM');
    await turn(10_000);
    expect(code()).toBe(0);
    const stopped = supervisor.journal.since(0).events.find((event) => event.type === 'supervisor.stopped');
    expect(stopped?.culprits).toEqual([
      { process: 'fpm', instance: 'fpm-1', waitingIn: 'its turn, after nginx' },
      { process: 'nginx', instance: 'nginx-1', waitingIn: 'SIGTERM (grace period 30 s)' },
    ]);
    expect(ports.spawner.live).toHaveLength(0);
    expect(ports.clock.pending).toBe(0);
  });

  it('a second signal kills at once [line 19]', async () => {
    const { ports, supervisor, code, turn } = start([createTestSpec('web')]);
    await turn();
    ports.spawner.of('web-1').ignore('SIGTERM');
    supervisor.onSignal('SIGTERM');
    await turn();
    expect(code()).toBeUndefined();
    supervisor.onSignal('SIGINT');
    await turn();
    expect(ports.spawner.of('web-1').received.at(-1)).toMatchObject({ signal: 'SIGKILL' });
    expect(code()).toBe(0);
  });

  it('refuses commands with a clear word while stopping [line 18]', async () => {
    const { ports, supervisor, turn } = start([createTestSpec('web')]);
    await turn();
    ports.spawner.of('web-1').onSignal('SIGTERM', () => undefined);
    supervisor.onSignal('SIGTERM');
    await turn();
    await expect(supervisor.dispatch({ type: 'start', targets: ['web'] }, { caller: 'test' })).rejects.toThrow(
      'cannot start: shutting down',
    );
    ports.spawner.of('web-1').exit(0);
    await turn();
  });
});

describe('commands [line 18]', () => {
  it('wait for the final state, or say that it did not come', async () => {
    const { ports, supervisor, turn } = start([createTestSpec('web')]);
    await turn();
    ports.spawner.of('web-1').onSignal('SIGTERM', () => undefined);
    const stopping = supervisor.dispatch({ type: 'stop', targets: ['web'] }, { caller: 'test', waitMs: 5000 });
    const rejected = expect(stopping).rejects.toThrow('stop web: not done within 5 s; it goes on');
    await turn(5000);
    await rejected;
    const again = supervisor.dispatch({ type: 'stop', targets: ['web'] }, { caller: 'test', waitMs: 5000 });
    ports.spawner.of('web-1').exit(0);
    await turn();
    await expect(again).resolves.toMatchObject({ processes: [{ name: 'web', state: 'STOPPED' }] });
    await expect(supervisor.dispatch({ type: 'stop', targets: ['web'] }, { caller: 'test' })).resolves.toMatchObject({
      changed: false,
    });
    supervisor.onSignal('SIGTERM');
    await turn();
    expect(ports.clock.pending).toBe(0);
  });

  it('know who is meant, and teach when nobody is', async () => {
    const { supervisor, turn } = start([createTestSpec('web')]);
    await turn();
    await expect(supervisor.dispatch({ type: 'stop', targets: ['wbe'] }, { caller: 'test' })).rejects.toMatchObject({
      code: 'PM_COMMAND_UNKNOWN_TARGET',
      hint: 'Did you mean "web"?',
    });
    supervisor.onSignal('SIGTERM');
    await turn();
  });

  it('a rolling restart takes one at a time and stops at the first that fails [line 15]', async () => {
    const { ports, supervisor, turn } = start([createTestSpec('web', { scale: 3 })]);
    await turn();
    const rolling = supervisor.dispatch(
      { type: 'restart', targets: ['web'], rolling: true },
      { caller: 'test', waitMs: 60_000 },
    );
    await turn();
    await expect(rolling).resolves.toMatchObject({ changed: true });
    expect(ports.spawner.children.map((child) => child.request.instance)).toEqual([
      'web-1',
      'web-2',
      'web-3',
      'web-1',
      'web-2',
      'web-3',
    ]);

    const failing = supervisor.dispatch(
      { type: 'restart', targets: ['web'], rolling: true },
      { caller: 'test', waitMs: 60_000 },
    );
    const rejected = expect(failing).rejects.toThrow('rolling restart stopped at web-1');
    ports.spawner.failNext('exec', 'ENOENT');
    await turn();
    await rejected;
    expect(ports.spawner.live.map((child) => child.request.instance)).toEqual(['web-2', 'web-3']);
    supervisor.onSignal('SIGTERM');
    await turn();
  });
});
