import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { readEnvOverrides } from './env-overrides.ts';
import { createSectionRegistry } from './sections.ts';
import type { SectionOwner } from './sections.ts';

const processes = ['web', 'queue', 'queue-default', 'php-fpm'];

async function read(
  env: Record<string, string>,
  known: { processes?: string[]; sections?: SectionOwner[] } = {},
): Promise<Awaited<ReturnType<typeof readEnvOverrides>>> {
  return readEnvOverrides(env, {
    processes: known.processes ?? processes,
    registry: createSectionRegistry(known.sections ?? []),
  });
}

async function valueOf(env: Record<string, string>, sections: SectionOwner[] = []): Promise<unknown> {
  const { layer, diagnostics } = await read(env, { sections });
  expect(diagnostics).toEqual([]);
  return layer.value;
}

async function problemOf(env: Record<string, string>, known?: Parameters<typeof read>[1]): Promise<string> {
  const { diagnostics } = await read(env, known);
  expect(diagnostics).toHaveLength(1);
  const [{ source, message, hint } = { source: '', message: '', hint: '' }] = diagnostics;
  return `${source}: ${message} | ${hint}`;
}

describe('overrides from the environment', () => {
  test.each<[string, string, object]>([
    ['PM_GLOBAL_LOG_LEVEL', 'debug', { global: { log_level: 'debug' } }],
    ['PM_GLOBAL_RESTART_BACKOFF_MAX', '1m', { global: { restart_backoff: { max: '1m' } } }],
    ['PM_PROCESS_WEB_STDOUT', 'false', { processes: { web: { logging: { stdout: 'false' } } } }],
    ['PM_PROCESS_WEB_WAIT_AFTER', '{"queue": 5}', { processes: { web: { wait_after: { queue: 5 } } } }],
    ['PM_PROCESS_WEB_WAIT_AFTER', '1m30s', { processes: { web: { wait_after: '1m30s' } } }],
    ['PM_GLOBAL_RESTART_BACKOFF', '{"initial": "2s"}', { global: { restart_backoff: { initial: '2s' } } }],
    ['PM_GLOBAL_ENV_APP_Env', 'x', { global: { env: { APP_Env: 'x' } } }],
    ['PM_GLOBAL_ENV_FILE', 'a,b', { global: { env_file: ['a', 'b'] } }],
    ['PM_PROCESS_WEB_SCALE', '4', { processes: { web: { scale: '4' } } }],
    ['PM_PROCESS_PHP_FPM_ENABLED', 'false', { processes: { 'php-fpm': { enabled: 'false' } } }],
    ['PM_PROCESS_QUEUE_DEFAULT_SCALE', '2', { processes: { 'queue-default': { scale: '2' } } }],
    ['PM_PROCESS_QUEUE_SCALE', '2', { processes: { queue: { scale: '2' } } }],
    ['PM_PROCESS_WEB_SHUTDOWN_TIMEOUT', '1m', { processes: { web: { shutdown: { timeout: '1m' } } } }],
    ['PM_PROCESS_WEB_LOGGING_MIN_LEVEL', 'warn', { processes: { web: { logging: { min_level: 'warn' } } } }],
    ['PM_PROCESS_WEB_LIMITS_NOFILE', '1024', { processes: { web: { limits: { nofile: '1024' } } } }],
    ['PM_PROCESS_WEB_COMMAND', 'nginx -g "x;"', { processes: { web: { command: 'nginx -g "x;"' } } }],
    ['PM_PROCESS_WEB_COMMAND', '["nginx", "-g"]', { processes: { web: { command: ['nginx', '-g'] } } }],
    ['PM_PROCESS_WEB_DEPENDS_ON', 'php-fpm, queue', { processes: { web: { depends_on: ['php-fpm', 'queue'] } } }],
    [
      'PM_PROCESS_WEB_DEPENDS_ON',
      '{"queue": {"condition": "started"}}',
      { processes: { web: { depends_on: { queue: { condition: 'started' } } } } },
    ],
    ['PM_PROCESS_WEB_SUCCESS_EXIT_CODES', '0,143', { processes: { web: { success_exit_codes: ['0', '143'] } } }],
    ['PM_PROCESS_WEB_ENV_MY_KEY', '[not, json', { processes: { web: { env: { MY_KEY: '[not, json' } } } }],
    ['PM_PROCESS_WEB_READY', '{"port": 80}', { processes: { web: { ready: { port: 80 } } } }],
  ])('%s=%s', async (name, text, value) => {
    expect(await valueOf({ [name]: text })).toEqual(value);
  });

  test('everything else that begins with PM_ is left alone', async () => {
    const others = [
      'PM_CONFIG',
      'PM_PROFILE',
      'PM_SOCKET',
      'PM_RUNTIME_DIR',
      'PM_API_TOKEN',
      'PM_URL',
      'PM_NATIVE',
      'PM_DEBUG',
      'PM_PROCESS',
      'PM_INSTANCE',
      'PHP_FPM_AUTOTUNE_PROFILE',
    ];
    expect(await valueOf(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual({});
  });

  test('the source of a value is its variable, also when it is the whole process', async () => {
    const { layer } = await read({ PM_PROCESS_WEB_SCALE: '4' });
    expect(layer.fromOf?.('processes.web.scale')).toBe('PM_PROCESS_WEB_SCALE');
    expect(layer.fromOf?.('processes.web')).toBe('PM_PROCESS_WEB_SCALE');
  });

  test.each([
    ['PM_GLOBAL_LOG_LEVL', 'no key of global has this name | Did you mean PM_GLOBAL_LOG_LEVEL?'],
    ['PM_PROCESS_WEB_SCAEL', 'process "web" has no such key | Did you mean PM_PROCESS_WEB_SCALE?'],
    ['PM_PROCESS_WBE_SCALE', 'no process has this name | Did you mean PM_PROCESS_WEB_…?'],
    [
      'PM_PROCESS_NOTHING_LIKE_IT',
      'no process has this name | Known are PM_PROCESS_WEB_…, PM_PROCESS_QUEUE_…, PM_PROCESS_QUEUE_DEFAULT_…, PM_PROCESS_PHP_FPM_….',
    ],
  ])('%s is an error that lists candidates', async (name, expected) => {
    expect(await problemOf({ [name]: 'x' })).toBe(`${name}: ${expected}`);
  });

  test('a map that is not JSON is refused', async () => {
    expect(await problemOf({ PM_PROCESS_WEB_READY: '{port: 80}' })).toBe(
      'PM_PROCESS_WEB_READY: expected JSON | Write a map as JSON: {"key": "value"}.',
    );
  });

  test('two processes that look alike in a variable are ambiguous', async () => {
    expect(await problemOf({ PM_PROCESS_A_B_SCALE: '1' }, { processes: ['a-b', 'a_b'] })).toBe(
      'PM_PROCESS_A_B_SCALE: could mean any of a-b, a_b | Rename one of the processes, or set the key in the file.',
    );
  });

  test('a longer name that lacks the key leaves it to the shorter one', async () => {
    expect(await valueOf({ PM_PROCESS_QUEUE_LABELS: '{"a": "b"}' })).toEqual({
      processes: { queue: { labels: { a: 'b' } } },
    });
    const { layer } = await read({ PM_PROCESS_A_MAX_SCALE: '1' }, { processes: ['a', 'a-max-x'] });
    expect(layer.value).toEqual({ processes: { a: { max_scale: '1' } } });
  });

  test('the schema of a section types its text', async () => {
    const sections: SectionOwner[] = [
      { plugin: 'metrics', place: 'global', key: 'metrics_port', schema: v.number() },
      { plugin: 'cron', place: 'process', key: 'schedule', schema: v.string(), aliases: ['cron'] },
      { plugin: 'healthchecks', place: 'process', key: 'health_check', schema: v.looseObject({}) },
    ];
    expect(
      await valueOf(
        { PM_GLOBAL_METRICS_PORT: '9090', PM_PROCESS_WEB_CRON: '5', PM_PROCESS_QUEUE_HEALTH_CHECK: '{"type": "tcp"}' },
        sections,
      ),
    ).toEqual({
      global: { metrics_port: 9090 },
      processes: { web: { schedule: '5' }, queue: { health_check: { type: 'tcp' } } },
    });
  });
});
