import { createJournal, type Journal } from '../event/journal.ts';
import type { PmEvent } from '../event/event.ts';
import type { InstanceHooks, Ports } from '../instance/ports.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeLogs, type FakeLogs } from './fake-logs.ts';
import { createFakeSpawner, type FakeSpawner } from './fake-spawner.ts';

/** The world of units and instances, played by fakes. */
export interface TestPorts extends Ports {
  readonly clock: FakeClock;
  readonly spawner: FakeSpawner;
  readonly logs: FakeLogs;
  readonly journal: Journal;
  /** Events so far, as `type instance|process to|…`: short enough to compare. */
  readonly told: readonly string[];
  /** Paths that exist, with their stamp. */
  readonly files: Map<string, string>;
  /** Ports that accept connections. */
  readonly openPorts: Set<number>;
  /** Memory of every process together, in bytes. */
  memory: number;
}

export function createTestPorts(
  changes: Partial<Pick<Ports, 'hooks' | 'env' | 'socket' | 'memoryLimit'>> = {},
): TestPorts {
  const clock = createFakeClock();
  const journal = createJournal({ now: () => clock.now() });
  const told: string[] = [];
  journal.subscribe((event) => void told.push(describe(event)));
  const files = new Map<string, string>();
  const openPorts = new Set<number>();
  const ports: TestPorts = {
    clock,
    spawner: createFakeSpawner(),
    logs: createFakeLogs(),
    journal,
    told,
    files,
    openPorts,
    memory: 0,
    probes: {
      canConnect: (port) => Promise.resolve(openPorts.has(port)),
      fileStamp: (path) => files.get(path),
      residentBytes: () => ports.memory,
      treeUsage: (pids) =>
        pids.length === 0
          ? undefined
          : { cpuSeconds: 1, rssBytes: ports.memory, threads: pids.length, fds: 3 * pids.length },
    },
    hooks: quietHooks,
    env: { PATH: '/bin' },
    cwd: '/',
    socket: undefined,
    memoryLimit: () => undefined,
    random: () => 0.5,
    emit: (type, payload) => void journal.append(type, payload),
    ...changes,
  };
  return ports;
}

/** No plugin taps anything. */
export const quietHooks: InstanceHooks = {
  hasSpawningTaps: () => false,
  spawning: (request) => Promise.resolve(request),
  spawned: () => undefined,
  ready: () => undefined,
  unready: () => undefined,
  exited: () => undefined,
  changed: () => undefined,
  stopping: () => Promise.resolve(),
  restart: () => undefined,
};

function describe(event: PmEvent): string {
  if (event.type === 'instance.changed') return `${event.instance} ${event.to}`;
  if ('instance' in event) return `${event.type} ${event.instance}`;
  if ('process' in event && event.process !== undefined) return `${event.type} ${event.process}`;
  return event.type;
}
