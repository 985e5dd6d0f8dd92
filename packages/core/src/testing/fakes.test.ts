import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { SpawnError } from '../errors.ts';
import { requestOf } from '../os/fixtures/spawning.ts';
import { createFakeClock, createFakeSpawner } from './index.ts';

describe('the fake clock', () => {
  test('runs what falls due in order of time, then of creation, also what that creates', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    clock.after(10, () => seen.push('ten'));
    clock.after(5, () => {
      seen.push(`five at ${clock.monotonic()}`);
      void Promise.resolve().then(() => clock.after(5, () => seen.push('five and five')));
    });
    clock.after(5, () => seen.push('another five'));
    clock.after(11, () => seen.push('too late'));
    expect(clock.nextInMs).toBe(5);
    await clock.advance(10);
    expect(seen).toEqual(['five at 5', 'another five', 'ten', 'five and five']);
    expect([clock.monotonic(), clock.pending, clock.nextInMs]).toEqual([10, 1, 1]);
  });

  test('moves its wall apart from its time', async () => {
    const clock = createFakeClock(1_000);
    let fired = false;
    clock.after(10, () => (fired = true));
    clock.stepWall(-500);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([500, 0, false]);
    await clock.advance(10);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([510, 10, true]);
  });

  test('passes on what a callback throws', async () => {
    const clock = createFakeClock();
    clock.after(1, () => {
      throw new Error('in a timer');
    });
    await expect(clock.advance(5)).rejects.toThrow('in a timer');
  });
});

describe('the fake spawner', () => {
  test('keeps requests and children, and finds the newest of an instance', async () => {
    const spawner = createFakeSpawner();
    const request = requestOf(['x']);
    await spawner.spawn(request);
    const second = await spawner.spawn(request);
    expect(spawner.of('case-1').child).toBe(second);
    expect([spawner.requests.length, spawner.children.length, spawner.live.length]).toEqual([2, 2, 2]);
    spawner.of('case-1').exit(0);
    expect(spawner.live.length).toBe(1);
    expect(() => spawner.of('other-1')).toThrow('no child of "other-1" was spawned (spawned: case-1, case-1)');
  });

  test('fails as often as it is told', async () => {
    const spawner = createFakeSpawner();
    spawner.failNext('uid', 'EPERM', 2);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error: unknown = await spawner.spawn(requestOf(['x'])).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SpawnError);
      expect(error).toMatchObject({ stage: 'uid', errno: 'EPERM' });
    }
    await spawner.spawn(requestOf(['x']));
    expect(spawner.live).toHaveLength(1);
  });

  test('holds spawns until it is let go', async () => {
    const spawner = createFakeSpawner();
    const release = spawner.hold();
    const spawning = spawner.spawn(requestOf(['x']));
    expect(spawner.children).toHaveLength(0);
    release();
    await spawning;
    expect(spawner.children).toHaveLength(1);
  });

  test('records signals, obeyed or not', async () => {
    const spawner = createFakeSpawner();
    const child = await spawner.spawn(requestOf(['x']));
    const fake = spawner.of('case-1');
    fake.ignore('SIGTERM');
    expect([
      child.signal('SIGTERM', 'group'),
      child.signal('SIGWINCH', 'mixed'),
      child.kill('SIGKILL', 'mixed'),
      child.kill('SIGKILL', 'mixed'),
    ]).toEqual([true, true, true, false]);
    expect(fake.received).toEqual([
      { signal: 'SIGTERM', mode: 'group', via: 'signal' },
      { signal: 'SIGWINCH', mode: 'mixed', via: 'signal' },
      { signal: 'SIGKILL', mode: 'mixed', via: 'kill' },
    ]);
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('a stranger may hold the output after the end', async () => {
    const spawner = createFakeSpawner();
    const child = await spawner.spawn(requestOf(['x']));
    const fake = spawner.of('case-1');
    fake.exit(0, { holdOutput: true, leftovers: 2 });
    expect(await child.ended).toMatchObject({ code: 0, leftovers: 2 });
    fake.write('still here');
    fake.releaseOutput();
    if (!child.stdout) throw new Error('no stdout');
    expect(await text(child.stdout)).toBe('still here');
  });

  test('asks for what a request did not have', async () => {
    const spawner = createFakeSpawner();
    await spawner.spawn(requestOf(['x'], { tty: true }));
    expect(() => spawner.of('case-1').write('x', 'stderr')).toThrow('"case-1" has no stderr');
    expect(() => spawner.of('case-1').notify('x')).toThrow('without notifyFd');
  });
});
