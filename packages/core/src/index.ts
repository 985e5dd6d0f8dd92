/** The public surface of core; nothing else is public. */
export { coreVersion, pluginApiVersion } from './version.ts';

export { BugError, CommandError, ConfigError, errorCodes, PluginError, PmError, SpawnError } from './errors.ts';
export type { ErrorCode, PmErrorOptions, SpawnStage } from './errors.ts';

export { defineConfig } from './config/define.ts';
export type {
  CommandInput,
  ConditionInput,
  ConfigInput,
  DependencyInput,
  DurationInput,
  GlobalInput,
  HookInput,
  HooksInput,
  ProcessInput,
  ReadyInput,
  SizeInput,
} from './config/define.ts';
export * as fields from './config/schema/fields.ts';
export { readDeclarations } from './config/declarations.ts';
export type { Declarations, DeclarationSource } from './config/declarations.ts';
export { peekConfig } from './config/peek.ts';
export type { ConfigPeek } from './config/peek.ts';
export { readText } from './config/read-text.ts';
export type { TextReading } from './config/read-text.ts';
export { readDuration, readSize } from './config/duration.ts';
export type { Reading } from './config/duration.ts';
export type { InterpolationSources } from './config/interpolate.ts';
export { readSignal } from './plan/build/signals.ts';
export type { SignalReading } from './plan/build/signals.ts';
export { expandInstance } from './config/interpolate.ts';
export { closest, didYouMean } from './config/suggest.ts';
export { formatDiagnostics } from './config/diagnostic.ts';
export type { Diagnostic, DiagnosticPart, Position, Severity } from './config/diagnostic.ts';

export { openListener } from './os/listener.ts';
export { readCgroupFacts } from './os/cgroup-facts.ts';
export type { CgroupFacts, CgroupOptions, CpuFacts, MemoryFacts } from './os/cgroup-facts.ts';

export type * from './plan/spec.ts';

export { runSupervisor } from './run.ts';
export type { RunOptions } from './run.ts';
export { createSupervisor } from './supervisor.ts';
export type { Supervisor, SupervisorOptions, World } from './supervisor.ts';
export { describeConfig, describeCoreConfig, inspectPlan, readAbilities } from './inspect.ts';
export type { Inspection, InspectionPorts } from './inspect.ts';
export type { ExplainedKey, ExplainedStep, Explanation } from './plan/explain.ts';
export { formatExplanation } from './plan/explain-text.ts';
export { maskValue } from './plan/mask.ts';
export { findTargets } from './plan/targets.ts';
export type { FoundTarget, FoundTargets } from './plan/targets.ts';
export { isTerminal } from './os/is-terminal.ts';
export { chooseRuntimeDir, listRuntimeDirs } from './os/runtime-dir.ts';
export type { RuntimeDir, RuntimeDirOptions } from './os/runtime-dir.ts';
export { preparePlan } from './planner.ts';
export type { Planned, PlannedChange, PlannerPorts, PlanRequest } from './planner.ts';
export type { Command, CommandResult, CommandType, DispatchOptions, Refusal, Target } from './command/command.ts';
export type { Dispatch } from './command/dispatch.ts';
export { describeEvent } from './event/describe.ts';
export type { EventLine } from './event/describe.ts';
export type { Journal } from './event/journal.ts';
export type { Caller, EventPayloads, EventType, PmEvent, Reason, ShutdownCulprit } from './event/event.ts';
export type { InstanceView, LastExit, ProcessView, Snapshot, UserState } from './instance/view.ts';
export { machine, states, triggers } from './instance/machine.ts';
export type { State, Trigger } from './instance/machine.ts';

export { definePlugin } from './plugin/plugin.ts';
export type {
  Disposer,
  FactoryDetails,
  LayerContext,
  PluginDefinition,
  PluginFactory,
  SectionDeclaration,
  SectionDetails,
} from './plugin/plugin.ts';
export type { PluginApis } from './plugin/augment.ts';
export type { PluginDispatchOptions, PluginScope } from './plugin/scope.ts';
export type { ConfigExplanation } from './plugin/connections.ts';
export type { EventFeed, LogFeed } from './plugin/feeds.ts';
export type { PluginHost } from './plugin/host.ts';
export type { PluginInfo } from './plugin/plugin-info.ts';
export type { BundledPlugin } from './plugin/resolve.ts';
export { nodeModules } from './plugin/modules.ts';
export type { ModuleLoader } from './plugin/modules.ts';
export type { FrozenDraft, HookName, PluginHooks, TapOptions, TransformContext } from './hooks/hooks.ts';
export type { Facts, Findings, PluginFailure, Project, RestartVerdict, Turn } from './hooks/payloads.ts';
export { stages } from './hooks/stages.ts';
export type { StageName } from './hooks/stages.ts';
export type { SectionPlace } from './config/sections.ts';
export type { KeptLine, LogCounters, Logger } from './log/pipeline.ts';
export type { LogRecord, LogStream } from './log/record.ts';
export { systemClock } from './os/clock.ts';
export type { Clock, Timer } from './os/clock.ts';
export type { TreeUsage } from './os/tree-usage.ts';
export type { SpawnerAbilities, SpawnRequest } from './os/spawner.ts';
