import { join } from 'node:path';
import { describe, test } from 'vitest';
import { systemClock } from '../os/clock.ts';
import { createNodeSpawner } from '../os/node-spawner.ts';
import { describeClock, describeSpawner, type ProgramName, type SpawnerHarness } from './conformance.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeSpawner, type FakeChild } from './fake-spawner.ts';

const frame = { describe, test };
const fixtures = join(import.meta.dirname, '../os/fixtures');

describeClock(frame, 'system', () => ({ clock: systemClock, elapse: (ms) => systemClock.sleep(ms) }));
describeClock(frame, 'fake', () => {
  const clock = createFakeClock();
  return { clock, elapse: (ms) => clock.advance(ms) };
});

describeSpawner(frame, 'with the native helper', () => realHarness(true));
describeSpawner(frame, 'without the native helper', () => realHarness(false));
describeSpawner(frame, 'fake', fakeHarness);

function realHarness(helper: boolean): SpawnerHarness {
  return {
    spawner: createNodeSpawner({ helper }),
    program: (name, ...args) =>
      name === 'missing' ? ['pm-no-such-command'] : ['sh', join(fixtures, `${name}.sh`), ...args],
  };
}

function fakeHarness(): SpawnerHarness {
  const spawner = createFakeSpawner({ onSpawn: (child) => queueMicrotask(() => play(child)) });
  return {
    spawner,
    program(name, ...args) {
      if (name === 'missing') spawner.failNext('resolve', 'ENOENT');
      return [name, ...args];
    },
  };
}

function play(child: FakeChild): void {
  const [name, first = '', second = ''] = child.request.argv as readonly [ProgramName, ...string[]];
  const programs: Record<ProgramName, () => void> = {
    exit: () => child.exit(Number(first)),
    hold: () => child.write('up\n'),
    'ignore-term': () => {
      child.ignore('SIGTERM');
      child.write('up\n');
    },
    'trap-term': () => {
      child.onSignal('SIGTERM', () => child.exit(Number(first)));
      child.write('up\n');
    },
    print: () => {
      child.write(first);
      child.write(second, 'stderr');
      child.exit(0);
    },
    notify: () => child.notify(second),
    missing: () => {},
  };
  programs[name]();
}
