import { describe, expect, test } from 'vitest';
import { formatExplanation } from './explain-text.ts';
import { explainPlan, formatSource } from './explain.ts';
import { nowhere, planOf } from './fixtures/drafts.ts';
import type { DraftParts } from './fixtures/drafts.ts';
import { masked, maskValue } from './mask.ts';
import type { Provenance } from './spec.ts';

const shop: DraftParts = {
  processes: {
    nginx: { depends_on: { fpm: {} }, shutdown: { timeout: 10_000 } },
    fpm: { depends_on: { migrate: {} }, shutdown: { timeout: 15_000 } },
    migrate: { type: 'oneshot', shutdown: { timeout: 1000 } },
    queue: { depends_on: { migrate: {} }, scale: 4, shutdown: { timeout: 20_000 } },
    vpn: { initial_state: 'stopped', shutdown: { timeout: 500 } },
    old: { enabled: false },
  },
};

test('a plan explains itself', () => {
  const provenance = new Map<string, Provenance>([
    ['processes.nginx.command', { layer: 'file', from: 'pm.yaml', line: 3, column: 5 }],
    ['processes.queue.scale', { layer: 'plugin', from: 'autotune', note: 'cgroup memory 2 GiB' }],
    ['processes.queue.env.DB_PASSWORD', { layer: 'file', from: 'pm.yaml', line: 9, column: 7 }],
  ]);
  const values = {
    processes: { nginx: { command: 'nginx -g "daemon off;"' }, queue: { scale: 4, env: { DB_PASSWORD: 'hunter2' } } },
  };
  const plan = planOf(shop, { origin: { ...nowhere, provenance } });
  expect(formatExplanation(explainPlan(plan, values))).toBe(`Start order
  1  migrate (oneshot)
  2  fpm, queue ×4
  3  nginx

Not started at boot
  vpn: on demand
  old: disabled

Stop order
  1  nginx, queue
  2  fpm
  3  migrate

Longest stop
  nginx 10s → fpm 15s = 25s, fits into shutdown_timeout 30s
  terminationGracePeriodSeconds / stop_grace_period: 35 s or more

Set by
  processes.nginx.command = "nginx -g \\"daemon off;\\""  ← pm.yaml:3:5
  processes.queue.scale = 4  ← plugin autotune (cgroup memory 2 GiB)
  processes.queue.env.DB_PASSWORD = "******"  ← pm.yaml:9:7
`);
});

test('waves are shown where priorities make some, and stop in reverse', () => {
  const explanation = explainPlan(
    planOf({ processes: { a: { priority: 20 }, b: { priority: 10 }, c: { priority: 20, depends_on: { a: {} } } } }),
    {},
  );
  expect(explanation.start).toEqual([
    { priority: 10, processes: ['b'] },
    { priority: 20, processes: ['a'] },
    { priority: 20, processes: ['c'] },
  ]);
  expect(explanation.stop.map((step) => step.processes)).toEqual([['c'], ['a'], ['b']]);
  expect(formatExplanation(explanation)).toContain('  1  b  (priority 10)\n  2  a  (priority 20)\n');
});

test('a stop beyond the budget says what happens then', () => {
  const text = formatExplanation(explainPlan(planOf({ processes: { a: { shutdown: { timeout: 40_000 } } } }), {}));
  expect(text).toContain('a 40s = 40s, more than shutdown_timeout 30s: what is left then is killed');
});

test('what is not in the default bundle says so', () => {
  expect(explainPlan(planOf({ processes: { a: {}, b: {} }, bundles: { default: ['a'] } }), {}).idle).toEqual([
    { process: 'b', why: 'not in the bundle "default"' },
  ]);
});

test('an empty plan is explained too', () => {
  expect(formatExplanation(explainPlan(planOf({}), {}))).toBe(
    'Longest stop\n  0s, fits into shutdown_timeout 30s\n  terminationGracePeriodSeconds / stop_grace_period: 35 s or more\n',
  );
});

test.each<[Provenance, string]>([
  [{ layer: 'file', from: 'pm.yaml', line: 3, column: 5 }, 'pm.yaml:3:5'],
  [{ layer: 'env', from: 'PM_GLOBAL_LOG_LEVEL' }, 'PM_GLOBAL_LOG_LEVEL'],
  [{ layer: 'flag', from: '--only' }, '--only'],
  [{ layer: 'plugin', from: 'laravel' }, 'plugin laravel'],
  [{ layer: 'profile', from: 'pm.yaml', line: 1, column: 1 }, 'profile, pm.yaml:1:1'],
  [{ layer: 'extends', from: 'base.yaml', line: 2, column: 1 }, 'extends, base.yaml:2:1'],
  [{ layer: 'dynamic', from: 'api:router' }, 'at run time, api:router'],
])('a source is told in words: %o', (provenance, text) => {
  expect(formatSource(provenance)).toBe(text);
});

describe('secrets', () => {
  test.each([
    'processes.web.env.DB_PASSWORD',
    'processes.web.env.PASSWORD_FILE',
    'processes.web.env.API_KEY',
    'processes.web.env.APP_KEY',
    'processes.web.env.AWS_SECRET_ACCESS_KEY',
    'processes.web.env.GITHUB_TOKEN',
    'plugins[0].options.token',
    'global.env.MAIL_PASSWD',
    'processes.web.env.SENTRY_DSN',
    'plugins.api.tokens[0]',
    'x.headers.Authorization',
  ])('are masked: %s', (path) => {
    expect(maskValue(path, 'hunter2')).toBe(masked);
  });

  test.each([
    'processes.web.env.PATH',
    'processes.web.command',
    'processes.web.env.MONKEY',
    'processes.web.env.COMPASS_MODE',
    'processes.web.labels.keyboard',
  ])('are not seen where there are none: %s', (path) => {
    expect(maskValue(path, 'plain')).toBe('plain');
  });

  test('that came out of files are masked wherever they stand', () => {
    const secrets = new Set(['hunter2']);
    expect(maskValue('processes.web', { env: { C: 'hunter2', D: 'x' }, command: ['a', 'hunter2'] }, secrets)).toEqual({
      env: { C: masked, D: 'x' },
      command: ['a', masked],
    });
  });

  test('are masked inside of URLs, lists and maps, and settings are not', () => {
    expect(maskValue('processes.web.env.DATABASE_URL', 'postgres://app:hunter2@db:5432/x?y=1')).toBe(
      `postgres://app:${masked}@db:5432/x?y=1`,
    );
    expect(
      maskValue('plugins.api', { token: 'x', tokens: [{ name: 'a', token: 'y' }], port: 9180, url: 'http://h/' }),
    ).toEqual({ token: masked, tokens: [{ name: masked, token: masked }], port: 9180, url: 'http://h/' });
    expect(maskValue('x.token_length', 32)).toBe(32);
  });
});
