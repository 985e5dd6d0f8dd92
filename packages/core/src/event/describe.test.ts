import { describe, expect, it } from 'vitest';
import type { EventPayloads, EventType, PmEvent } from './event.ts';
import { describeEvent } from './describe.ts';

const text = <T extends EventType>(type: T, payload: EventPayloads[T]): string | undefined =>
  describeEvent({ type, seq: 1, at: 0, ...payload } as unknown as PmEvent)?.text;

describe('an event in words', () => {
  it('names the whole where it has a name', () => {
    expect(text('supervisor.starting', { processes: 1, version: '1.0.0' })).toBe('pm 1.0.0 starts 1 process');
    expect(text('supervisor.starting', { processes: 2, version: '1.0.0', name: 'shop' })).toBe(
      'pm 1.0.0 starts 2 processes of shop',
    );
  });

  it('names what a reload changed as it is written, and says what has to wait', () => {
    const diff = {
      added: ['a'],
      removed: [],
      changed: [{ name: 'web', keys: ['waitAfterMs', 'os', 'readiness', 'dependsOn'], restart: true }],
      unchanged: [],
      globalKeys: ['shutdownTimeoutMs', 'runtimeDir'],
      plugins: { added: ['x'], removed: [], changed: [] },
    };
    expect(text('plan.applied', { diff })).toBe(
      'configuration applied: added a; changed web (wait_after, user or limits, ready, depends_on); ' +
        'global shutdown_timeout, runtime_dir (from the next start of pm on); plugins x',
    );
  });

  it('tells a kill that was late from one that was at once, and whose hook failed', () => {
    const kill = { process: 'web', instance: 'web-1', signal: 'SIGKILL', afterMs: 5 };
    expect(text('instance.killed', { ...kill, overdue: true })).toBe('web-1 did not end in time: SIGKILL was sent');
    expect(text('instance.killed', { ...kill, overdue: false })).toBe('web-1 is ended at once: SIGKILL was sent');
    const failed = { hook: 'warm', ok: false, ms: 3, message: 'hook "warm" failed: exit 1' };
    expect(text('hook.finished', failed)).toBe('hook "warm" failed: exit 1');
    expect(text('hook.finished', { ...failed, process: 'web' })).toBe('web: hook "warm" failed: exit 1');
  });
});
