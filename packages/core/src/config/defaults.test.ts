import { describe, expect, test } from 'vitest';
import {
  backoffDefaults,
  defaultRestart,
  defaultRows,
  globalDefaults,
  hookDefaults,
  processDefaults,
  shutdownDefaults,
} from './defaults.ts';

const texts = new Map(defaultRows.map((row) => [row.path, row.text]));

describe('the table of defaults', () => {
  test('names every default once', () => {
    const written = [
      ...Object.keys(globalDefaults).map((key) => `global.${key}`),
      ...Object.keys(backoffDefaults).map((key) => `global.restart_backoff.${key}`),
      ...Object.keys(processDefaults).map((key) => `processes.NAME.${key}`),
      ...Object.keys(shutdownDefaults).map((key) => `processes.NAME.shutdown.${key}`),
      ...Object.keys(hookDefaults).map((key) => `hooks.pre_start[].${key}`),
    ];
    expect([...texts.keys()]).toEqual(expect.arrayContaining(written));
    expect(texts.size).toBe(defaultRows.length);
  });

  test.each([
    ['global.shutdown_timeout', '30s'],
    ['global.dependency_timeout', '5m'],
    ['global.restart_backoff.initial', '5s'],
    ['global.restart_backoff.max', '1m'],
    ['global.restart_backoff.factor', '2'],
    ['global.zombie_reap_interval', '1s'],
    ['global.log_format', 'auto'],
    ['global.log_timestamps', 'true'],
    ['hooks.pre_start[].retry_delay', '1s'],
    ['processes.NAME.wait_after', '0s'],
    ['processes.NAME.post_script_timeout', '7s'],
    ['processes.NAME.success_exit_codes', '[0]'],
    ['processes.NAME.priority', '100'],
    ['processes.NAME.required', 'oneshot: true, longrun: false'],
    ['processes.NAME.shutdown.signal', 'SIGTERM'],
    ['processes.NAME.shutdown.timeout', '30s'],
  ])('shows %s as a user writes it', (path, text) => {
    expect(texts.get(path)).toBe(text);
  });
});

test('a oneshot never restarts unless on-failure', () => {
  expect((['always', 'on-failure', 'never'] as const).map((policy) => defaultRestart('oneshot', policy))).toEqual([
    'never',
    'on-failure',
    'never',
  ]);
  expect(defaultRestart('longrun', 'always')).toBe('always');
});
