import {
  ConfigError,
  errorCodes,
  type InstanceView,
  type PmEvent,
  PmError,
  type ProcessView,
} from '@pm-supervisor/core';
import { createFakeClock } from '@pm-supervisor/core/testing';
import { describe, expect, test } from 'vitest';
import { toEventMessage } from './event-message.ts';
import { readMoment, toSeconds } from './moment.ts';
import { Refused, toProblem } from './problem.ts';
import { problemCodes } from './routes/problem-codes.ts';
import { toTypeFilter } from './streams/event-stream.ts';
import { toFrame } from './streams/frame.ts';
import { createUsageMeter, toCpuPercent } from './usage.ts';

describe('events as they are shown', () => {
  test('keys are in snake_case, times are texts, also inside', () => {
    const exit = { code: 1, signal: null, at: 0, text: 'exit 1' };
    const event: PmEvent = {
      type: 'instance.exited',
      seq: 7,
      at: 1000,
      process: 'web',
      instance: 'web-1',
      exit,
      ranMs: 5,
    };
    expect(toEventMessage(event)).toEqual({
      seq: 7,
      at: '1970-01-01T00:00:01.000Z',
      type: 'instance.exited',
      process: 'web',
      instance: 'web-1',
      exit: { code: 1, signal: null, at: '1970-01-01T00:00:00.000Z', text: 'exit 1' },
      ran_ms: 5,
    });
  });

  test('what a plugin put into its own, below the first level, stays as it is', () => {
    const event = { type: 'heartbeat.missed', seq: 1, at: 0, lastBeat: { atMs: 5, at: 6 } } as unknown as PmEvent;
    expect(toEventMessage(event)).toMatchObject({ last_beat: { atMs: 5, at: 6 } });
  });

  test('types are chosen by name or by group', () => {
    const wants = toTypeFilter('instance.*,plan.applied');
    expect(['instance.exited', 'plan.applied', 'plan.rejected', 'instance'].map(wants)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(toTypeFilter(undefined)('anything')).toBe(true);
  });

  test('a frame is one message of a stream, whatever is in it', () => {
    expect(toFrame({ event: 'line', data: { msg: 'a\nb' }, id: 3 }).toString()).toBe(
      'id: 3\nevent: line\ndata: {"msg":"a\\nb"}\n\n',
    );
  });
});

describe('times', () => {
  test.for([
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.5+02:00', Date.UTC(2026, 0, 31, 10) + 500],
    ['5m', 1_000_000 - 300_000],
    ['10', 1_000_000 - 10_000],
    ['2026-13-31T12:00:00Z', undefined],
    ['2026', 1_000_000 - 2_026_000],
    ['yesterday', undefined],
    ['', undefined],
  ] as const)('"%s" is %s', ([text, ms]) => {
    expect(readMoment(text, 1_000_000)).toBe(ms);
  });

  test('seconds have three digits and are never below 0', () => {
    expect([1234.5678, -1, 0.4].map(toSeconds)).toEqual([1.235, 0, 0]);
  });
});

describe('problems', () => {
  test('a refusal says all it knows', () => {
    expect(
      toProblem(new Refused('PM_API_INVALID', 'wrong', { hint: 'right', errors: [{ path: 'a', message: 'b' }] })),
    ).toEqual({
      type: 'urn:pm:PM_API_INVALID',
      title: problemCodes.PM_API_INVALID.title,
      status: 400,
      detail: 'wrong',
      code: 'PM_API_INVALID',
      hint: 'right',
      errors: [{ path: 'a', message: 'b' }],
    });
  });

  test('of a configuration, its errors with their places, and not its warnings', () => {
    const position = { file: 'pm.yaml', line: 3, column: 5 };
    const error = new ConfigError('PM_CONFIG_INVALID', 'pm.yaml has an error', [
      { severity: 'error', path: 'a', message: 'b', position },
      { severity: 'warning', path: 'c', message: 'd' },
    ]);
    expect(toProblem(error)).toMatchObject({ status: 422, errors: [{ path: 'a', message: 'b', at: 'pm.yaml:3:5' }] });
  });

  test('a defect says nothing of its inside', () => {
    for (const error of [
      new TypeError('secret is hunter2'),
      'hunter2',
      undefined,
      new PmError('PM_ALREADY_RUNNING', 'hunter2'),
    ]) {
      const problem = toProblem(error);
      expect(problem).toMatchObject({ status: 500, code: 'PM_BUG' });
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    }
  });

  test('every code of core that a command can fail with has its status', () => {
    const inner = ['PM_ALREADY_RUNNING'];
    expect(Object.keys(errorCodes).filter((code) => !(code in problemCodes) && !inner.includes(code))).toEqual([]);
  });
});

describe('CPU', () => {
  const sample = (at: number, cpuSeconds: number) => ({ pid: 1, at, cpuSeconds });

  test('is that since the look before; at the first look, since the start', () => {
    expect(toCpuPercent(sample(3000, 2), sample(1000, 1), 99_999)).toBe(50);
    expect(toCpuPercent(sample(3000, 2), undefined, 20_000)).toBe(10);
    expect(toCpuPercent(sample(3000, 8), sample(1000, 0), 0)).toBe(400);
  });

  test('is never below 0, and no division by nothing', () => {
    expect(toCpuPercent(sample(3000, 1), sample(1000, 5), 0)).toBe(0);
    expect(toCpuPercent(sample(3000, 1), undefined, 0)).toBe(0);
    expect(toCpuPercent(sample(1000, 2), sample(1000, 1), 5)).toBe(0);
  });
});

describe('measuring', () => {
  const instance = (id: string, pid?: number) =>
    ({ id, startedAt: 0, ...(pid === undefined ? {} : { pid }) }) as unknown as InstanceView;
  const process = (...instances: InstanceView[]) => ({ instances }) as unknown as ProcessView;

  function createMeter() {
    const clock = createFakeClock();
    const asked: string[][] = [];
    const usage = async (ids: ReadonlySet<string> = new Set()) => {
      asked.push([...ids]);
      return new Map([...ids].map((id) => [id, { cpuSeconds: clock.now() / 2000, rssBytes: 1, threads: 1, fds: 3 }]));
    };
    return { clock, asked, meter: createUsageMeter({ usage }, clock) };
  }

  test('what is asked for is measured, once a second', async () => {
    const { clock, asked, meter } = createMeter();
    const [one, two] = [process(instance('a-1', 1)), process(instance('b-1', 2), instance('b-2'))];
    expect([...(await meter.measure([one])).keys()]).toEqual(['a-1']);
    await Promise.all([meter.measure([one, two]), meter.measure([one, two])]);
    await clock.advance(1000);
    const usage = await meter.measure([one]);
    expect(asked).toEqual([['a-1'], ['b-1'], ['a-1']]);
    expect(usage.get('a-1')).toEqual({ cpuPercent: 50, rssBytes: 1, threads: 1, fds: 3 });
  });

  test('an instance that came back is measured anew', async () => {
    const { asked, meter } = createMeter();
    await meter.measure([process(instance('a-1', 1))]);
    await meter.measure([process(instance('a-1', 9))]);
    expect(asked).toEqual([['a-1'], ['a-1']]);
    expect((await meter.measure([process(instance('a-1'))])).size).toBe(0);
  });
});
