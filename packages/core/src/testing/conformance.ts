import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { SpawnError } from '../errors.ts';
import type { Clock } from '../os/clock.ts';
import type { Child, Spawner, SpawnRequest } from '../os/spawner.ts';
import type { SignalName } from '../plan/spec.ts';

/** The test functions of vitest, node:test and their like. */
export interface TestFrame {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>): void;
}

/** One promise of a port, the same for the fake and the real one. */
export interface ConformanceCase<Harness> {
  /** A sentence. */
  readonly name: string;
  run(harness: Harness): Promise<void>;
}

/** Programs that a spawner under test has to be able to run; each is a few lines of shell in os/fixtures. */
export type ProgramName = 'exit' | 'hold' | 'ignore-term' | 'trap-term' | 'print' | 'notify' | 'missing';

/** A spawner under test, and the programs it can start. */
export interface SpawnerHarness {
  readonly spawner: Spawner;
  /** The command line of a program. `missing` cannot be found. */
  program(name: ProgramName, ...args: string[]): readonly [string, ...string[]];
}

/** A clock under test, and how time passes for it. */
export interface ClockHarness {
  readonly clock: Clock;
  /** Lets time pass. */
  elapse(ms: number): Promise<void>;
}

/** Declares the conformance suite of `Spawner` for one implementation. */
export function describeSpawner(frame: TestFrame, name: string, make: () => SpawnerHarness): void {
  describeCases(frame, `spawner: ${name}`, spawnerCases, make);
}

/** Declares the conformance suite of `Clock` for one implementation. */
export function describeClock(frame: TestFrame, name: string, make: () => ClockHarness): void {
  describeCases(frame, `clock: ${name}`, clockCases, make);
}

/** Declares cases as tests, each with a harness of its own. */
export function describeCases<H>(
  frame: TestFrame,
  title: string,
  cases: readonly ConformanceCase<H>[],
  make: () => H,
): void {
  frame.describe(title, () => {
    for (const { name, run } of cases) frame.test(name, () => run(make()));
  });
}

/** What every spawner must do, for any test runner: each case throws where it is not so. */
export const spawnerCases: readonly ConformanceCase<SpawnerHarness>[] = [
  {
    name: 'an exit code comes through',
    async run(harness) {
      const child = await start(harness, ['exit', '3']);
      assert.deepEqual(await endOf(child), { code: 3, signal: null });
    },
  },
  {
    name: 'a clean exit is code 0 and leaves nothing behind',
    async run(harness) {
      const child = await start(harness, ['exit', '0']);
      const end = await child.ended;
      assert.deepEqual(
        { code: end.code, signal: end.signal, leftovers: end.leftovers ?? 0 },
        { code: 0, signal: null, leftovers: 0 },
      );
    },
  },
  {
    name: 'a death by signal is named',
    async run(harness) {
      const child = await startUp(harness, ['hold']);
      assert.equal(child.signal('SIGINT', 'mixed'), true);
      assert.deepEqual(await endOf(child), { code: null, signal: 'SIGINT' });
    },
  },
  {
    name: 'a program that handles its stop signal ends with its own code',
    async run(harness) {
      const child = await startUp(harness, ['trap-term', '7']);
      child.signal('SIGTERM', 'mixed');
      assert.deepEqual(await endOf(child), { code: 7, signal: null });
    },
  },
  ...(['mixed', 'group', 'process'] as const).map((mode) => ({
    name: `a kill by mode ${mode} ends what ignores its stop signal`,
    async run(harness: SpawnerHarness): Promise<void> {
      const child = await startUp(harness, ['ignore-term']);
      assert.equal(child.signal('SIGTERM', 'process'), true);
      assert.equal(child.kill('SIGKILL', mode), true);
      assert.deepEqual(await endOf(child), { code: null, signal: 'SIGKILL' });
    },
  })),
  {
    name: 'signals to a child that has ended do nothing and say so',
    async run(harness) {
      const child = await start(harness, ['exit', '0']);
      await child.ended;
      assert.equal(child.signal('SIGTERM', 'group'), false);
      assert.equal(child.kill('SIGKILL', 'mixed'), false);
    },
  },
  {
    name: 'a signal that does not exist is refused',
    async run(harness) {
      const child = await startUp(harness, ['hold']);
      assert.throws(() => child.signal('SIGRTMIN' as SignalName, 'mixed'), /SIGRTMIN/);
      child.kill('SIGKILL', 'mixed');
      await child.ended;
    },
  },
  {
    name: 'stdout and stderr are kept apart, and end with the last byte',
    async run(harness) {
      const child = await start(harness, ['print', 'to stdout', 'to stderr']);
      const output = await Promise.all([text(required(child.stdout)), text(required(child.stderr))]);
      assert.deepEqual(output, ['to stdout', 'to stderr']);
      await child.ended;
    },
  },
  {
    name: 'output can be read after the end',
    async run(harness) {
      const child = await start(harness, ['print', 'last words', '']);
      await child.ended;
      assert.equal(await text(required(child.stdout)), 'last words');
      child.closeOutput();
    },
  },
  {
    name: 'what is written to the notification descriptor arrives',
    async run(harness) {
      const child = await start(harness, ['notify', '5', 'ready\n'], { notifyFd: 5 });
      const [chunk] = (await once(required(child.notify), 'data')) as [Buffer];
      assert.equal(chunk.toString(), 'ready\n');
      child.kill('SIGKILL', 'mixed');
      await child.ended;
      child.closeOutput();
    },
  },
  {
    name: 'output that is inherited has no streams',
    async run(harness) {
      const child = await start(harness, ['exit', '0'], { output: 'inherit' });
      assert.deepEqual([child.stdout, child.stderr, child.notify], [undefined, undefined, undefined]);
      await child.ended;
    },
  },
  {
    name: 'closing the output twice is as good as once',
    async run(harness) {
      const child = await startUp(harness, ['hold']);
      child.closeOutput();
      child.closeOutput();
      child.kill('SIGKILL', 'mixed');
      await child.ended;
    },
  },
  {
    name: 'the tree holds the main process while it lives, and nothing afterwards',
    async run(harness) {
      const child = await startUp(harness, ['hold']);
      assert.equal(child.tree()[0], child.pid);
      child.kill('SIGKILL', 'mixed');
      await child.ended;
      assert.deepEqual(child.tree(), []);
    },
  },
  {
    name: 'the end of one child is nothing to another',
    async run(harness) {
      const [first, second] = await Promise.all([startUp(harness, ['hold']), startUp(harness, ['hold'])]);
      assert.notEqual(first.pid, second.pid);
      first.kill('SIGKILL', 'group');
      await first.ended;
      assert.equal(second.signal('SIGTERM', 'mixed'), true);
      assert.deepEqual(await endOf(second), { code: null, signal: 'SIGTERM' });
    },
  },
  {
    name: 'a command that cannot be found is refused with its stage and errno',
    async run(harness) {
      const error = await start(harness, ['missing']).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof SpawnError, `expected a SpawnError, got ${String(error)}`);
      assert.deepEqual([error.stage, error.errno], ['resolve', 'ENOENT']);
    },
  },
];

/** What every clock must do, for any test runner: each case throws where it is not so. */
export const clockCases: readonly ConformanceCase<ClockHarness>[] = [
  {
    name: 'a timer fires once, and not before its time',
    async run({ clock, elapse }) {
      const begin = clock.monotonic();
      const fired: number[] = [];
      clock.after(20, () => fired.push(clock.monotonic() - begin));
      await elapse(60);
      assert.equal(fired.length, 1);
      assert.ok((fired[0] as number) >= 20, `fired after ${fired[0]} ms`);
    },
  },
  {
    name: 'timers fire in the order of their times',
    async run({ clock, elapse }) {
      const fired: string[] = [];
      clock.after(40, () => fired.push('second'));
      clock.after(10, () => fired.push('first'));
      await elapse(80);
      assert.deepEqual(fired, ['first', 'second']);
    },
  },
  {
    name: 'a delay of nothing, or less, still waits for the caller to finish',
    async run({ clock, elapse }) {
      const fired: string[] = [];
      clock.after(0, () => fired.push('zero'));
      clock.after(-5, () => fired.push('negative'));
      assert.deepEqual(fired, []);
      await elapse(20);
      assert.deepEqual(new Set(fired), new Set(['negative', 'zero']));
    },
  },
  {
    name: 'a cancelled timer never fires, and cancelling again does nothing',
    async run({ clock, elapse }) {
      let fired = 0;
      const timer = clock.after(10, () => fired++);
      timer.cancel();
      timer.cancel();
      await elapse(40);
      assert.equal(fired, 0);
    },
  },
  {
    name: 'a delay longer than a month is kept',
    async run({ clock, elapse }) {
      let fired = 0;
      const timers = [2 ** 31, Infinity].map((delay) => clock.after(delay, () => fired++));
      await elapse(40);
      assert.equal(fired, 0);
      for (const timer of timers) timer.cancel();
    },
  },
  {
    name: 'monotonic time and wall time pass alike',
    async run({ clock, elapse }) {
      const before = [clock.monotonic(), clock.now()] as const;
      await elapse(50);
      const passed = clock.monotonic() - before[0];
      assert.ok(passed >= 50);
      assert.ok(Math.abs(clock.now() - before[1] - passed) < 20);
    },
  },
  {
    name: 'sleep resolves when the time has passed',
    async run({ clock, elapse }) {
      const begin = clock.monotonic();
      const slept = clock.sleep(20).then(() => clock.monotonic() - begin);
      await elapse(60);
      assert.ok((await slept) >= 20);
    },
  },
  {
    name: 'sleep rejects with the reason when it is aborted, before or during',
    async run({ clock }) {
      const during = new AbortController();
      const sleeping = clock.sleep(10_000, during.signal);
      during.abort('enough');
      await assert.rejects(sleeping, (reason) => reason === 'enough');
      await assert.rejects(clock.sleep(10_000, AbortSignal.abort('never')), (reason) => reason === 'never');
    },
  },
];

type Program = readonly [name: ProgramName, ...args: string[]];

function start(harness: SpawnerHarness, [name, ...args]: Program, change: Partial<SpawnRequest> = {}): Promise<Child> {
  return harness.spawner.spawn({
    process: 'case',
    instance: 'case-1',
    argv: harness.program(name, ...args),
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    os: { limits: {} },
    tty: false,
    stdin: { kind: 'null' },
    output: 'pipe',
    ...change,
  });
}

/** Starts a program that says when it is up. */
async function startUp(harness: SpawnerHarness, program: Program): Promise<Child> {
  const child = await start(harness, program);
  await once(required(child.stdout), 'data');
  return child;
}

async function endOf(child: Child): Promise<Pick<Awaited<Child['ended']>, 'code' | 'signal'>> {
  const { code, signal } = await child.ended;
  child.closeOutput();
  return { code, signal };
}

function required<T>(value: T | undefined): T {
  assert.ok(value !== undefined, 'the child lacks a stream that was asked for');
  return value;
}
