import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffPlans, isEmptyDiff } from './diff.ts';
import { planOf } from './fixtures/drafts.ts';
import type { DraftParts } from './fixtures/drafts.ts';

const shop: DraftParts = {
  processes: { nginx: { depends_on: { fpm: {} } }, fpm: { depends_on: { db: {} } }, db: {}, queue: { scale: 2 } },
};

type Process = NonNullable<DraftParts['processes']>[string];

function change(name: string, draft: Process, parts: DraftParts = shop): DraftParts {
  return { ...parts, processes: { ...parts.processes, [name]: { ...parts.processes?.[name], ...draft } } };
}

describe('from nothing', () => {
  test('everything is added, in start order', () => {
    const diff = diffPlans(undefined, planOf({ ...shop, plugins: [{ name: 'cron', enabled: true }] }));
    expect(diff).toMatchObject({
      added: ['db', 'queue', 'fpm', 'nginx'],
      removed: [],
      changed: [],
      unchanged: [],
      plugins: { added: ['cron'], removed: [], changed: [] },
    });
    expect(diff.globalKeys).toContain('shutdownTimeoutMs');
    expect(isEmptyDiff(diff)).toBe(false);
  });
});

test('two plans of the same configuration do not differ', () => {
  const diff = diffPlans(planOf(shop), planOf(structuredClone(shop)));
  expect(isEmptyDiff(diff)).toBe(true);
  expect(diff.unchanged).toEqual(['db', 'queue', 'fpm', 'nginx']);
});

test('what is gone is named in stop order', () => {
  expect(diffPlans(planOf(shop), planOf({ processes: { queue: {} } })).removed).toEqual(['nginx', 'fpm', 'db']);
});

test('what changed is named in start order, with its keys', () => {
  const next = change('db', { command: 'new' }, change('nginx', { priority: 5, env: { A: '1' } }));
  expect(diffPlans(planOf(shop), planOf(next)).changed).toEqual([
    { name: 'db', keys: ['command'], restart: true },
    { name: 'nginx', keys: ['env', 'priority'], restart: true },
  ]);
});

describe('a running process is restarted only for what it was started with', () => {
  test.each<[string, Process, string[]]>([
    ['its command', { command: 'x' }, ['command']],
    ['a shell', { command: 'true', shell: true }, ['command', 'shutdown']],
    ['its environment', { env: { A: '1' } }, ['env']],
    ['its directory', { working_dir: '/x' }, ['workingDir']],
    ['its user', { user: 'www-data' }, ['os']],
    ['its limits', { limits: { nofile: { soft: 1, hard: 1 } } }, ['os']],
    ['a terminal', { tty: true }, ['tty']],
    ['its input', { stdin: '/x' }, ['stdin']],
    ['its ports', { port_base: 8000 }, ['portBase']],
    ['its type', { type: 'oneshot' }, ['type', 'required', 'restart']],
  ])('yes: %s', (_what, draft, keys) => {
    const [changed] = diffPlans(planOf(shop), planOf(change('queue', draft))).changed;
    expect(changed).toMatchObject({ name: 'queue', restart: true });
    expect(changed?.keys.toSorted()).toEqual(keys.toSorted());
  });

  test.each<[string, Process, string]>([
    ['labels', { labels: { a: 'b' } }, 'labels'],
    ['scale', { scale: 5 }, 'scale'],
    ['the restart policy', { restart: 'never' }, 'restart'],
    ['the backoff', { restart_backoff: { initial: 1 } }, 'restart'],
    ['how it stops', { shutdown: { timeout: 1 } }, 'shutdown'],
    ['hooks', { hooks: { finish: [{ command: 'x' }] } }, 'hooks'],
    ['logging', { logging: { stdout: false, sections: {} } }, 'logging'],
    ['followed files', { log_file: ['/x'] }, 'logging'],
    ['priority', { priority: 1 }, 'priority'],
    ['readiness', { ready: { after: 1 } }, 'readiness'],
    ['dependencies', { depends_on: { db: {} } }, 'dependsOn'],
    ['success codes', { success_exit_codes: [3] }, 'successExitCodes'],
    ['being required', { required: true }, 'required'],
    ['being enabled', { enabled: false }, 'enabled'],
    ['a memory ceiling', { max_memory: 5 }, 'maxMemory'],
    ['a section of a plugin', { sections: { heartbeat: { url: 'x' } } }, 'sections'],
  ])('no: %s', (_what, draft, key) => {
    const [changed] = diffPlans(planOf(shop), planOf(change('queue', draft))).changed;
    expect(changed).toMatchObject({ name: 'queue', restart: false });
    expect(changed?.keys).toContain(key);
  });
});

test('global keys, hooks and bundles that differ are named', () => {
  const next = planOf({
    ...shop,
    name: 'x',
    global: { log_level: 'debug', on_idle: 'stay' },
    hooks: { pre_stop: [{ command: 'x' }] },
    bundles: { b: ['db'] },
    templates: { 't@': {} },
    sections: { api: 1 },
  });
  expect(diffPlans(planOf(shop), next).globalKeys).toEqual([
    'onIdle',
    'logLevel',
    'name',
    'hooks',
    'bundles',
    'templates',
    'sections',
  ]);
});

test('plugins are added, removed, or changed by their options', () => {
  const plugins = (names: Record<string, unknown>): DraftParts => ({
    plugins: Object.entries(names).map(([name, options]) => ({ name, enabled: true, options })),
  });
  const diff = diffPlans(
    planOf(plugins({ a: 1, b: { x: [1] }, c: { x: [1] } })),
    planOf(plugins({ b: { x: [2] }, c: { x: [1] }, d: 1 })),
  );
  expect(diff.plugins).toEqual({ added: ['d'], removed: ['a'], changed: ['b'] });
});

test('every process of either plan is in exactly one list', () => {
  const processes = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.record({ scale: fc.integer({ min: 1, max: 3 }), command: fc.constantFrom('x', 'y') }),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(processes, processes, (before, after) => {
      const { added, removed, changed, unchanged } = diffPlans(
        planOf({ processes: before }),
        planOf({ processes: after }),
      );
      const all = [...added, ...removed, ...changed.map((each) => each.name), ...unchanged];
      expect(all.toSorted()).toEqual([...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted());
    }),
  );
});
