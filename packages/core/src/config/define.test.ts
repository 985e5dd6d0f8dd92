import { describe, expect, expectTypeOf, test } from 'vitest';
import { assembleConfig } from './assemble.ts';
import { defineConfig } from './define.ts';
import type { ConfigInput, ProcessInput } from './define.ts';
import type { ProcessSections } from '../plan/spec.ts';
import type { RawMap } from './layer.ts';
import { processEntries } from './schema/process.ts';
import { rootEntries } from './schema/root.ts';
import { createSectionRegistry } from './sections.ts';

const registry = createSectionRegistry([]);

/** Every key of a process once: a key missing in the type does not compile, one missing in the schema is an unknown key. */
const full: Required<Omit<ProcessInput, keyof ProcessSections | 'restart_backoff_initial' | 'stdout' | 'stderr'>> = {
  enabled: true,
  only_if: { env: 'A=b', file: '/x', command: 'true' },
  skip_if: { env: 'C' },
  type: 'longrun',
  command: ['x'],
  shell: true,
  stop_command: 'stop',
  reload_command: ['reload'],
  reload_signal: 'SIGHUP',
  initial_state: 'running',
  nice: 5,
  oom_score_adj: 10,
  limits: { nofile: '1:2', core: 'unlimited', cpu: { soft: 1 } },
  resources: { memory_max: '1GiB', cpu_max: 0.5, pids_max: 5 },
  max_memory: '50MB',
  tty: false,
  stdin: null,
  log_file: ['/a'],
  priority: 1,
  depends_on: { db: { condition: 'ready', timeout: '5s', restart: true, optional: true } },
  wait_after: { db: '3s' },
  conflicts_with: 'y',
  required: true,
  restart: 'unless-stopped',
  success_exit_codes: [0, 'SIGTERM'],
  scale: 2,
  max_scale: 4,
  port_base: 8000,
  ready: { port: 80 },
  hooks: { pre_start: [{ command: 'x', timeout: 5 }], finish: [] },
  pre_script: '/a',
  post_script: '/b',
  post_script_timeout: 7,
  shutdown: {
    signal: 'TERM',
    timeout: 5,
    kill_signal: 'KILL',
    kill_mode: 'group',
    graceful: true,
    pre_stop_hook: { command: 'x' },
  },
  labels: { a: 1 },
  logging: { stdout: true, stderr: false, labels: { a: 'b' }, min_level: 'warn' },
  env: { A: 1, B: true, C: 'x' },
  env_file: '.env',
  working_dir: '/',
  user: 1000,
  group: 'www-data',
  umask: '022',
  restart_backoff: { initial: 1, factor: 2, max: '1m', jitter: 0 },
  restart_backoff_max: '2m',
  max_restart_attempts: -1,
  restart_stability_window: '1m',
};

describe('typed configurations', () => {
  test('what the type allows, the gate takes: a process with every key', async () => {
    const { restart_backoff_max: _, ...process } = full;
    const value = defineConfig({ version: 1, processes: { web: process } }) as RawMap;
    const { diagnostics } = await assembleConfig({
      layers: [{ layer: 'file', from: 'x', value }],
      registry,
      sources: { env: {}, readFile: () => '' },
    });
    expect(diagnostics).toEqual([]);
  });

  test('no key of the schema is missing in the types', () => {
    expect(
      Object.keys(full)
        .filter((key) => key !== 'restart_backoff_max')
        .toSorted(),
    ).toEqual(Object.keys(processEntries(registry)).toSorted());
    const root: Required<ConfigInput> = {
      version: 1,
      name: 'x',
      extends: 'y',
      profiles: {},
      plugins: [],
      global: {},
      hooks: {},
      processes: {},
      bundles: {},
      templates: {},
    };
    expect(Object.keys(root).toSorted()).toEqual(
      [
        ...Object.keys(rootEntries(registry, true)).filter((key) => key !== '$schema'),
        'extends',
        'profiles',
      ].toSorted(),
    );
  });

  test('a misspelt key does not compile', () => {
    expectTypeOf<{ scael: 4 }>().not.toExtend<ProcessInput & { scael?: never }>();
    // @ts-expect-error -- the point of the test: the compiler knows the keys
    expect(defineConfig({ processes: { web: { scael: 4 } } })).toBeDefined();
  });
});
