import type { EventPayloads, EventType, PmEvent } from '../event/event.ts';
import type { ProcessView } from '../instance/view.ts';
import type { Planned } from '../planner.ts';
import { connectPlugins } from '../plugin-connection.ts';
import { createSupervisor, type Supervisor } from '../supervisor.ts';
import type { FakeChild, FakeSpawner } from './fake-spawner.ts';
import { createFakeSpawner } from './fake-spawner.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FakeLogs } from './fake-logs.ts';
import { createHookRecorder } from './hook-recorder.ts';
import { planForTest, type TestPlanOptions } from './test-plan.ts';
import { createTestPorts } from './test-ports.ts';

/** A configuration, plugins, and how the programs of children behave. */
export interface TestSupervisorOptions extends TestPlanOptions {
  /** Plays the program of each child, right after its spawn. Default: it runs until it is told to end. */
  readonly onSpawn?: (child: FakeChild) => void;
}

/** A whole supervisor with plugins, in a world of fakes: no process runs, no time passes by itself. */
export interface TestSupervisor {
  readonly planned: Planned;
  readonly supervisor: Supervisor;
  readonly clock: FakeClock;
  readonly spawner: FakeSpawner;
  readonly logs: FakeLogs;
  readonly events: readonly PmEvent[];
  /** Hooks that fired, in order: `instance.spawned web-1 STARTING`. A test may empty it. */
  readonly fired: string[];
  /** Ports that accept connections, and files that exist with their stamp: what readiness looks at. */
  readonly openPorts: Set<number>;
  readonly files: Map<string, string>;
  /** Lets time pass; everything due in it has happened afterwards. Default 0: what is due now. */
  turn(ms?: number): Promise<void>;
  view(process: string): ProcessView;
  /** Payloads of the events of one type. */
  eventsOf<T extends EventType>(type: T): readonly EventPayloads[T][];
  /** SIGTERM, then time until it has ended; the exit code. Fails where timers, children or plugins are left. */
  stop(): Promise<number>;
}

/**
 * Plans and boots. Throws ConfigError as `pm run` would; its message then holds the diagnostics, to be read in a test's
 * output. End it with `stop`.
 *
 * @example
 * const pm = await createTestSupervisor({ config: { processes: { web: { command: 'web' } } }, plugins: { heartbeat } });
 * pm.spawner.of('web-1').exit(1);
 * await pm.turn(5_000);
 * expect(pm.view('web').instances[0]?.restarts).toBe(1);
 * expect(await pm.stop()).toBe(0);
 */
export async function createTestSupervisor(options: TestSupervisorOptions): Promise<TestSupervisor> {
  const { env = { PATH: '/bin' }, cwd = '/', onSpawn } = options;
  const recorder = createHookRecorder();
  const spawner = createFakeSpawner(onSpawn === undefined ? {} : { onSpawn });
  const ports = { ...createTestPorts({ env }), spawner, cwd };
  const plugins = { ...options.plugins, [recorder.plugin.name]: recorder.plugin };
  const planned = await planForTest({ ...options, plugins, env, cwd }, ports.clock);
  const supervisor = join(planned, ports);
  const events: PmEvent[] = [];
  supervisor.journal.subscribe((event) => void events.push(event));
  let code: number | undefined;
  void supervisor.run().then((end) => (code = end));
  await ports.clock.advance(0);

  const { clock, logs, openPorts, files } = ports;
  return {
    planned,
    supervisor,
    clock,
    spawner,
    logs,
    events,
    openPorts,
    files,
    fired: recorder.fired,
    turn: (ms = 0) => clock.advance(ms),
    view: (process) => findView(supervisor, process),
    eventsOf: <T extends EventType>(type: T) =>
      events.filter((event) => event.type === type) as unknown as readonly EventPayloads[T][],
    async stop() {
      supervisor.onSignal('SIGTERM');
      const { shutdownTimeoutMs } = supervisor.plan.global;
      for (let waited = 0; code === undefined && waited <= shutdownTimeoutMs * 2; waited += 1000)
        await clock.advance(1000);
      return toEnd(code, { clock, spawner });
    },
  };
}

function join(planned: Planned, ports: ReturnType<typeof createTestPorts>): Supervisor {
  const { plan: first, hooks, host } = planned;
  const world = { ...ports, socketPlace: undefined, pid: 1, hasTerminal: false };
  const supervisor = createSupervisor({
    plan: first,
    hooks,
    replan: (change) => planned.replan(change),
    world,
    disposePlugins: () => host.dispose(),
  });
  connectPlugins(planned, supervisor, world);
  return supervisor;
}

function findView(supervisor: Supervisor, process: string): ProcessView {
  const view = supervisor.snapshot().processes.find(({ name }) => name === process);
  if (view === undefined) throw new Error(`there is no process "${process}"`);
  return view;
}

function toEnd(code: number | undefined, { clock, spawner }: Pick<TestSupervisor, 'clock' | 'spawner'>): number {
  if (code === undefined) throw new Error('the supervisor did not end within twice its shutdown_timeout');
  if (spawner.live.length > 0)
    throw new Error(`children are left: ${spawner.live.map(({ request }) => request.instance).join(', ')}`);
  if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
  return code;
}
