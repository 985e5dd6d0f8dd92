import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RestartPolicy, RestartSpec } from '../plan/spec.ts';
import { toBackoffDelay } from './backoff.ts';
import { decideEnding, type Ending } from './restart-policy.ts';

const restart = (policy: RestartPolicy, maxAttempts = 3): RestartSpec => ({
  policy,
  maxAttempts,
  stabilityWindowMs: 60_000,
  backoff: { initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0 },
});
const ending = (changes: Partial<Ending> = {}): Ending => ({
  success: false,
  ranMs: 5000,
  failures: 0,
  asked: false,
  wanted: true,
  forbidden: false,
  ...changes,
});

describe('restart policy [line 10]', () => {
  it.each([
    ['always', true, 'endedRestart'],
    ['always', false, 'endedRestart'],
    ['on-failure', true, 'endedDone'],
    ['on-failure', false, 'endedRestart'],
    ['never', true, 'endedDone'],
    ['never', false, 'endedFailed'],
  ] as const)('%s after success=%s: %s', (policy, success, trigger) => {
    expect(decideEnding('longrun', restart(policy), ending({ success }), 0.5).trigger).toBe(trigger);
  });

  it('always: a clean exit after a second restarts at once and does not count', () => {
    const verdict = decideEnding(
      'longrun',
      restart('always'),
      ending({ success: true, ranMs: 1000, failures: 2 }),
      0.5,
    );
    expect(verdict).toMatchObject({ trigger: 'endedRestart', delayMs: 0, failures: 0 });
  });

  it('always: a clean exit sooner than a second counts as a failure', () => {
    const verdict = decideEnding('longrun', restart('always'), ending({ success: true, ranMs: 999 }), 0.5);
    expect(verdict).toMatchObject({ trigger: 'endedRestart', delayMs: 1000, failures: 1 });
  });

  it('gives up after as many restarts as allowed', () => {
    expect(decideEnding('longrun', restart('always'), ending({ failures: 2 }), 0.5).trigger).toBe('endedRestart');
    expect(decideEnding('longrun', restart('always'), ending({ failures: 3 }), 0.5)).toMatchObject({
      trigger: 'endedFailed',
      failures: 4,
    });
  });

  it('0 attempts mean no restart, -1 never gives up', () => {
    expect(decideEnding('longrun', restart('always', 0), ending(), 0.5).trigger).toBe('endedFailed');
    expect(decideEnding('longrun', restart('always', -1), ending({ failures: 10_000 }), 0.5).trigger).toBe(
      'endedRestart',
    );
  });

  it('the count starts again after the stability window', () => {
    const verdict = decideEnding('longrun', restart('always'), ending({ failures: 3, ranMs: 60_000 }), 0.5);
    expect(verdict).toMatchObject({ trigger: 'endedRestart', delayMs: 1000, failures: 1 });
  });

  it('a oneshot restarts only on-failure', () => {
    expect(decideEnding('oneshot', restart('never'), ending(), 0.5).trigger).toBe('endedFailed');
    expect(decideEnding('oneshot', restart('on-failure'), ending(), 0.5).trigger).toBe('endedRestart');
    expect(decideEnding('oneshot', restart('on-failure'), ending({ success: true }), 0.5).trigger).toBe('endedDone');
  });

  it('an asked end is what was asked for: down, or up again at once', () => {
    expect(decideEnding('longrun', restart('always'), ending({ asked: true, wanted: false }), 0.5).trigger).toBe(
      'endedDone',
    );
    expect(decideEnding('longrun', restart('never'), ending({ asked: true, success: true }), 0.5)).toMatchObject({
      trigger: 'endedRestart',
      delayMs: 0,
    });
  });

  it('a finish hook that exits 125 forbids the restart [line 10]', () => {
    expect(decideEnding('longrun', restart('always'), ending({ forbidden: true }), 0.5).trigger).toBe('endedFailed');
    expect(decideEnding('longrun', restart('always'), ending({ forbidden: true, success: true }), 0.5).trigger).toBe(
      'endedDone',
    );
  });
});

describe('backoff [line 10]', () => {
  it('grows by its factor up to its maximum', () => {
    const backoff = { initialMs: 100, factor: 2, maxMs: 1000, jitter: 0 };
    expect([0, 1, 2, 3, 4, 5].map((n) => toBackoffDelay(backoff, n, 0.5))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('stays within its jitter, and is never negative', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, random, jitter) => {
          const backoff = { initialMs: 500, factor: 3, maxMs: 30_000, jitter };
          const exact = Math.min(500 * 3 ** n, 30_000);
          const delay = toBackoffDelay(backoff, n, random);
          expect(delay).toBeGreaterThanOrEqual(Math.max(0, Math.floor(exact * (1 - jitter))));
          expect(delay).toBeLessThanOrEqual(Math.ceil(exact * (1 + jitter)));
        },
      ),
    );
  });
});
