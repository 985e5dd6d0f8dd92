import { describe, expect, test } from 'vitest';
import type { DependencySpec, Plan, ProcessSpec } from '@pm-supervisor/core';
import { maskVariable } from './mask.ts';
import { renderPlan, summarizePlan } from './plan-text.ts';

const plain = (_: unknown, text: string): string => text;

const noHooks = { preStart: [], postStart: [], preStop: [], postStop: [], finish: [] };

function createProcess(name: string, needs: readonly string[], more: Partial<ProcessSpec> = {}): ProcessSpec {
  const dependsOn = needs.map((process): DependencySpec => ({ process, condition: 'ready', timeoutMs: 0, restart: false, optional: false, waitAfterMs: 0 }));
  return {
    name, source: 'file', enabled: true, type: 'longrun', command: { kind: 'argv', argv: [name] }, initialState: 'running', env: {}, os: { limits: {} },
    tty: false, stdin: { kind: 'null' }, priority: 100, dependsOn, waitAfterMs: 0, conflictsWith: [], required: false,
    restart: { policy: 'always', backoff: { initialMs: 1, factor: 1, maxMs: 1, jitter: 0 }, maxAttempts: 3, stabilityWindowMs: 1 },
    successExitCodes: [0], scale: 1, maxScale: 10, readiness: { kind: 'spawned' }, startTimeoutMs: 0, hooks: noHooks,
    shutdown: { signal: 'SIGTERM', timeoutMs: 5_000, killSignal: 'SIGKILL', killMode: 'mixed', graceful: true },
    labels: {}, logging: { stdout: true, stderr: true, labels: {}, files: [], sections: {} }, sections: {}, ...more,
  };
}

function createPlan(processes: readonly ProcessSpec[], booting: readonly string[]): Plan {
  return {
    name: 'shop',
    global: {
      shutdownTimeoutMs: 30_000, onProcessFailure: 'continue', onIdle: 'exit', maxProcessScale: 100, logFormat: 'auto', logLevel: 'info',
      logTimestamps: true, logOverflow: 'block', logBuffer: 1000, zombieReapIntervalMs: 1000, env: {}, sections: {},
    },
    hooks: noHooks,
    processes: new Map(processes.map((spec) => [spec.name, spec])),
    bundles: new Map(), templates: new Map(), plugins: [], sections: {}, booting, order: [], provenance: new Map(),
  };
}

const shop = createPlan(
  [
    createProcess('migrate', [], { type: 'oneshot', required: true, shutdown: { signal: 'SIGTERM', timeoutMs: 0, killSignal: 'SIGKILL', killMode: 'mixed', graceful: true } }),
    createProcess('web', ['migrate']),
    createProcess('proxy', ['web'], { scale: 2 }),
    createProcess('shell', [], { enabled: false }),
  ],
  ['migrate', 'web', 'proxy'],
);

describe('what a plan comes to', () => {
  test('dependents stop before what they need, and resting processes are in neither order', () => {
    const { startOrder, stopOrder, resting } = summarizePlan(shop);
    expect(startOrder).toEqual([['migrate'], ['web'], ['proxy']]);
    expect(stopOrder).toEqual([['proxy'], ['web'], ['migrate']]);
    expect(resting).toEqual(['shell']);
  });

  test('the longest stop is the chain that takes most time', () => {
    expect(summarizePlan(shop).longestStop).toEqual({ totalMs: 10_000, hooksMs: 0, steps: [{ process: 'proxy', ms: 5_000 }, { process: 'web', ms: 5_000 }] });
  });
});

test('a person sees the order, what is special, what rests, and the stop', () => {
  expect(renderPlan(shop, plain)).toBe(`shop: 4 processes, 3 at boot

Start order
  1  migrate  oneshot, required
  2  web      after migrate (ready)
  3  proxy    ×2, after web (ready)

Stop order
  1  proxy
  2  web
  3  migrate

Not started by the boot
     shell    disabled

Longest stop
     10s (proxy 5s → web 5s); the budget, global.shutdown_timeout, is 30s
     terminationGracePeriodSeconds or stop_grace_period: at least 35 s
`);
});

test('a plan of nothing is still a plan', () => {
  expect(renderPlan(createPlan([], []), plain)).toContain('Start order\n     nothing');
});

describe('secrets are masked', () => {
  test.each([
    ['DB_PASSWORD', 'hunter2', '***'],
    ['API_TOKEN', 'x', '***'],
    ['APP_KEY', 'base64:x', '***'],
    ['DB_PASSWORD', '', ''],
    ['DATABASE_URL', 'postgres://app:hunter2@db/app', 'postgres://app:***@db/app'],
    ['APP_URL', 'https://example.org', 'https://example.org'],
    ['KEYBOARD', 'de', 'de'],
  ])('%s=%s is shown as %j', (name, value, shown) => {
    expect(maskVariable(name, value)).toBe(shown);
  });
});
