import type { DependencyStatus, InstanceStatus, ProcessStatus } from '@pm-supervisor/client';
import { describe, expect, test } from 'vitest';
import { toInstance, toProcess } from '../testing/fake-daemon.ts';
import { explain, toSentence } from './chain.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const exit = { code: 78, signal: null, at: '2026-01-01T00:59:00Z', text: 'exit 78' };
const on = (process: string, condition: DependencyStatus['condition'] = 'ready'): DependencyStatus => ({
  process,
  condition,
  optional: false,
});

function sentence(processes: readonly ProcessStatus[], outputs: Readonly<Record<string, string>> = {}): string {
  return toSentence(explain('web', { processes, now, lastOutput: (id) => outputs[id] }));
}

const backingOff = toProcess(
  { name: 'php-fpm', state: 'BACKOFF' },
  {
    consecutive_failures: 3,
    next_restart_at: '2026-01-01T01:00:03.2Z',
    last_exit: exit,
    reason: 'exit 78; restart 3 in 21.7 s',
  },
);

test('why: the chain goes from what was asked for to the cause', () => {
  const web = toProcess({
    state: 'PENDING',
    depends_on: [on('php-fpm')],
    reason: 'waiting for "php-fpm" to be ready (exit 78)',
  });
  expect(sentence([web, backingOff], { 'php-fpm-1': 'unknown directive "pm.max"' })).toBe(
    'web is waiting for php-fpm to be ready; php-fpm is in backoff (attempt 3, next in 4s): exit 78, last output: unknown directive "pm.max"',
  );
});

test('why: each cause is told once, also where many wait for it, and a circle ends', () => {
  const processes = [
    toProcess({ state: 'PENDING', depends_on: [on('a'), on('b', 'completed'), on('fine', 'started'), on('done')] }),
    toProcess({ name: 'a', state: 'PENDING', depends_on: [on('php-fpm'), on('web')] }),
    toProcess({ name: 'b', type: 'oneshot', state: 'PENDING', depends_on: [on('php-fpm', 'started')] }),
    toProcess({ name: 'fine', state: 'RUNNING' }),
    toProcess({ name: 'done', type: 'oneshot', state: 'COMPLETED' }),
    backingOff,
  ];
  expect(sentence(processes)).toBe(
    [
      'web is waiting for a to be ready and b to be completed',
      'a is waiting for php-fpm to be ready and web to be ready',
      'php-fpm is in backoff (attempt 3, next in 4s): exit 78',
      'b is waiting for php-fpm to be started',
    ].join('; '),
  );
});

describe('why: a process by itself', () => {
  const health = {
    status: 'unhealthy',
    failures: 2,
    last: { ok: false, ms: 3, at: '', text: 'connection refused' },
  } as const;
  test.each<[Partial<ProcessStatus>, Partial<InstanceStatus>, string]>([
    [{ state: 'READY' }, {}, 'web is ready for 1h2m'],
    [{ state: 'READY', desired: 'down' }, {}, 'web is ready for 1h2m, though it is not wanted up'],
    [{ state: 'PENDING' }, { reason: 'waiting 500 ms (wait_after)' }, 'web is waiting 500 ms (wait_after)'],
    [{ state: 'PENDING' }, { reason: 'stopped: manual' }, 'web is waiting to be started: stopped: manual'],
    [{ state: 'PENDING' }, {}, 'web is waiting to be started'],
    [
      { state: 'STARTING' },
      { uptime_s: 4, reason: 'its log has not matched "up"' },
      'web is running for 4s but not ready: its log has not matched "up", last output: hello',
    ],
    [
      { state: 'RUNNING' },
      { uptime_s: 4, health },
      'web is running for 4s but not ready: its health check failed 2 times: connection refused, last output: hello',
    ],
    [{ state: 'STOPPING' }, { reason: 'in pre_stop hook drain' }, 'web is stopping: in pre_stop hook drain'],
    [
      { state: 'STOPPED', desired: 'down' },
      { reason: 'stopped: manual' },
      'web was stopped by a command, and nothing has asked for it since',
    ],
    [{ state: 'STOPPED', desired: 'down', instances: [] }, {}, 'web is stopped, and nothing asks for it'],
    [{ state: 'STOPPED', desired: 'up' }, {}, 'web is stopped, though it is wanted up'],
    [{ state: 'COMPLETED' }, {}, 'web has completed'],
    [
      { state: 'FAILED' },
      { last_exit: exit, reason: 'gave up after 3 attempts' },
      'web has failed: gave up after 3 attempts (exit 78), last output: hello',
    ],
    [
      { state: 'FAILED' },
      { last_exit: exit, reason: 'gave up after 3 attempts: exit 78' },
      'web has failed: gave up after 3 attempts: exit 78, last output: hello',
    ],
    [
      { state: 'FAILED' },
      { reason: 'cannot start "web": no such program "x"' },
      'web has failed: cannot start "web": no such program "x", last output: hello',
    ],
    [{ state: 'FAILED' }, {}, 'web has failed: it could not be started, last output: hello'],
    [
      { state: 'BACKOFF' },
      { consecutive_failures: 1, last_exit: exit },
      'web is in backoff (attempt 1): exit 78, last output: hello',
    ],
  ])('%j %j', (process, instance, expected) => {
    expect(sentence([toProcess(process, instance)], { 'web-1': 'hello' })).toBe(expected);
  });
});

test('why: of several instances it says which, and how many are like it', () => {
  const [fine, bad] = [
    toInstance(),
    toInstance({ id: 'web-2', index: 2, state: 'FAILED', ready: false, last_exit: exit }),
  ];
  const failed = (...instances: InstanceStatus[]): string =>
    sentence([toProcess({ state: 'FAILED', scale: instances.length, instances })]);
  expect(failed(fine, bad)).toBe('web-2 has failed: exit 78');
  expect(failed(fine, bad, { ...bad, id: 'web-3' })).toBe('web-2 (one of 2 of 3 instances) has failed: exit 78');
  expect(failed(bad, { ...bad, id: 'web-3' })).toBe('web (all 2 instances) has failed: exit 78');
});

test('why: nothing is known of a name that is none', () => {
  expect(explain('nope', { processes: [], now, lastOutput: () => undefined })).toEqual([]);
});
