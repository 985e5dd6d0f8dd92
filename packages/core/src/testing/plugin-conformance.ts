import assert from 'node:assert/strict';
import { ConfigError } from '../errors.ts';
import type { Planned } from '../planner.ts';
import type { PluginDefinition, PluginFactory } from '../plugin/plugin.ts';
import { describeCases, type ConformanceCase, type TestFrame } from './conformance.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { planForTest, type TestPlanOptions } from './test-plan.ts';
import { createTestSupervisor } from './test-supervisor.ts';

/** A plugin and a configuration that gives it something to do. */
export interface PluginHarness {
  /** The plugin's name, as in `plugins`. */
  readonly name: string;
  readonly plugin: PluginDefinition | PluginFactory;
  /** A configuration that uses it, with at least one process. What it asks of the outside must be played by the test. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Declares what every plugin should keep to; runs with vitest, node:test and their like. */
export function describePlugin(frame: TestFrame, make: () => PluginHarness): void {
  describeCases(frame, `plugin: ${make().name}`, pluginCases, make);
}

/** What every plugin should keep to, whatever it does. */
export const pluginCases: readonly ConformanceCase<PluginHarness>[] = [
  {
    name: 'a supervisor with it boots, crashes, restarts and stops, and nothing of it fails',
    async run(harness) {
      const pm = await createTestSupervisor(toOptions(harness));
      for (const child of pm.spawner.live) child.exit(1);
      await pm.turn(120_000);
      assert.equal(await pm.stop(), 0);
      assert.deepEqual(pm.eventsOf('plugin.failed'), []);
    },
  },
  {
    name: 'a plan that is only looked at (pm check) leaves no timer and no tap behind',
    async run(harness) {
      const clock = createFakeClock();
      const planned = await planForTest(toOptions(harness), clock);
      await dispose(planned, clock);
      assert.deepEqual(planned.hooks.taps(), []);
      assert.equal(clock.pending, 0);
    },
  },
  {
    name: 'two set-ups live side by side, as they do during a reload: setup takes nothing that there is only one of',
    async run(harness) {
      const clock = createFakeClock();
      const both = [await planForTest(toOptions(harness), clock), await planForTest(toOptions(harness), clock)];
      for (const planned of both) assert.deepEqual(planned.warnings, []);
      for (const planned of both) await dispose(planned, clock);
    },
  },
  {
    name: 'a plan that is refused leaves nothing of it behind',
    async run(harness) {
      const clock = createFakeClock();
      const config = { ...harness.config, bundles: { default: ['there-is-no-such-process'] } };
      await assert.rejects(planForTest({ ...toOptions(harness), config }, clock), ConfigError);
      assert.equal(clock.pending, 0);
    },
  },
];

function toOptions({ name, plugin, config }: PluginHarness): TestPlanOptions {
  return { config, plugins: { [name]: plugin } };
}

/** Lets pass the time that a disposer which hangs is given. */
async function dispose({ host }: Planned, clock: FakeClock): Promise<void> {
  const disposed = host.dispose();
  await clock.advance(10_000);
  await disposed;
}
