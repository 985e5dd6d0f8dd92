/** Everything a plugin author needs to test against core without real time and real processes. */
export { createFakeClock, type FakeClock } from './fake-clock.ts';
export {
  createFakeSpawner,
  type FakeChild,
  type FakeExitOptions,
  type FakeSpawner,
  type FakeSpawnerOptions,
  type ReceivedSignal,
} from './fake-spawner.ts';
export {
  type ClockHarness,
  type ConformanceCase,
  clockCases,
  describeClock,
  describeSpawner,
  type ProgramName,
  type SpawnerHarness,
  spawnerCases,
  type TestFrame,
} from './conformance.ts';
export { createHookRecorder, type HookRecorder, type HookRecorderOptions } from './hook-recorder.ts';
export { createTestSupervisor, type TestSupervisor, type TestSupervisorOptions } from './test-supervisor.ts';
export { describePlugin, pluginCases, type PluginHarness } from './plugin-conformance.ts';
export { planForTest, type TestPlanOptions } from './test-plan.ts';
