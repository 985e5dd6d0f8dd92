import type { Plan, ProcessSpec } from '../plan/spec.ts';

/** Differences from the defaults; nested parts replace as a whole. */
export type SpecChanges = Partial<Omit<ProcessSpec, 'name'>>;

/** A process with the defaults of the configuration, for tests that need no configuration file. */
export function createTestSpec(name: string, changes: SpecChanges = {}): ProcessSpec {
  const oneshot = changes.type === 'oneshot';
  return {
    name,
    source: 'file',
    enabled: true,
    type: 'longrun',
    command: { kind: 'argv', argv: [name] },
    initialState: 'running',
    env: {},
    os: { limits: {} },
    tty: false,
    stdin: { kind: 'null' },
    priority: 100,
    dependsOn: [],
    waitAfterMs: 0,
    conflictsWith: [],
    required: oneshot,
    restart: {
      policy: oneshot ? 'never' : 'always',
      backoff: { initialMs: 5000, factor: 2, maxMs: 60_000, jitter: 0 },
      maxAttempts: 3,
      stabilityWindowMs: 60_000,
    },
    successExitCodes: [0],
    scale: 1,
    maxScale: 100,
    readiness: { kind: 'spawned' },
    startTimeoutMs: 30_000,
    hooks: { preStart: [], postStart: [], preStop: [], postStop: [], finish: [] },
    shutdown: { signal: 'SIGTERM', timeoutMs: 30_000, killSignal: 'SIGKILL', killMode: 'mixed', graceful: true },
    labels: {},
    logging: { stdout: true, stderr: true, labels: {}, files: [] },
    sections: {},
    ...changes,
  };
}

/** A dependency with the default limits. */
export function dependOn(
  process: string,
  condition: 'started' | 'ready' | 'completed' = 'ready',
): ProcessSpec['dependsOn'][number] {
  return { process, condition, timeoutMs: 300_000, restart: false, optional: false, waitAfterMs: 0 };
}

/** A plan of these processes, with default globals. All that are enabled and not on demand boot. */
export function createTestPlan(specs: readonly ProcessSpec[], changes: Partial<Plan> = {}): Plan {
  return {
    global: {
      shutdownTimeoutMs: 30_000,
      onProcessFailure: 'continue',
      onIdle: 'exit',
      maxProcessScale: 100,
      logFormat: 'json',
      logLevel: 'info',
      logTimestamps: true,
      logOverflow: 'block',
      logBuffer: 1000,
      zombieReapIntervalMs: 1000,
      env: {},
      sections: {},
    },
    hooks: { preStart: [], postStart: [], preStop: [], postStop: [] },
    processes: new Map(specs.map((spec) => [spec.name, spec])),
    bundles: new Map(),
    templates: new Map(),
    plugins: [],
    sections: {},
    booting: specs.filter((spec) => spec.enabled && spec.initialState === 'running').map((spec) => spec.name),
    order: [specs.map((spec) => spec.name)],
    provenance: new Map(),
    ...changes,
  };
}
