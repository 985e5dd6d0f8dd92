import { describe, expect, it } from 'vitest';
import type { PmEvent } from '../event/event.ts';
import type { HookSpec } from '../plan/spec.ts';
import { createTestPorts, type TestPorts } from '../testing/test-ports.ts';
import { runHooks, type HookContext, type HookOutcome } from './hook-run.ts';

const hook = (changes: Partial<HookSpec> = {}): HookSpec => ({
  name: 'warm',
  command: { kind: 'argv', argv: ['warm'] },
  timeoutMs: 90_000,
  retry: 0,
  retryDelayMs: 1000,
  continueOnError: false,
  env: {},
  ...changes,
});

interface Run {
  readonly ports: TestPorts;
  readonly outcome: Promise<HookOutcome>;
  /** Ends the child of the newest try, and lets what follows happen. */
  exit(code: number): Promise<void>;
  told(): readonly Extract<PmEvent, { type: 'hook.finished' }>[];
}

function run(hooks: readonly HookSpec[], changes: Partial<HookContext> = {}): Run {
  const ports = createTestPorts();
  const events: PmEvent[] = [];
  ports.journal.subscribe((event) => void events.push(event));
  const outcome = runHooks(hooks, {
    ports,
    env: {},
    cwd: '/',
    os: { limits: {} },
    signal: new AbortController().signal,
    ...changes,
  });
  return {
    ports,
    outcome,
    async exit(code) {
      await ports.clock.advance(0);
      ports.spawner.of('hook:warm').exit(code);
      await ports.clock.advance(0);
    },
    told: () => events.filter((event) => event.type === 'hook.finished'),
  };
}

describe('a hook', () => {
  it('that fails is tried again, and told once', async () => {
    const { outcome, ports, exit, told } = run([hook({ retry: 1 })], { process: 'web' });
    await exit(3);
    await ports.clock.advance(1000);
    await exit(4);
    expect(await outcome).toMatchObject({ ok: false, exitCode: 4, message: 'hook "warm" failed: exit 4' });
    expect(told()).toMatchObject([{ process: 'web', ok: false, message: 'hook "warm" failed: exit 4' }]);
    expect(ports.clock.pending).toBe(0);
  });

  it('that answers has not failed: it is not tried again, and no other follows', async () => {
    const { outcome, ports, exit, told } = run([hook({ retry: 5, continueOnError: true }), hook()], { answer: 125 });
    await exit(125);
    expect((await outcome).exitCode).toBe(125);
    expect(told()).toMatchObject([{ ok: true }]);
    expect(told()[0]).not.toHaveProperty('message');
    expect(ports.spawner.children).toHaveLength(1);
  });

  it('over its time limit is killed, and the limit is told as it is written', async () => {
    const { outcome, ports } = run([hook()]);
    await ports.clock.advance(90_000);
    expect((await outcome).message).toBe('hook "warm" was killed after its time limit of 1m30s');
    expect(ports.clock.pending).toBe(0);
  });
});
