/** The public surface of core; nothing else is public. */
export { coreVersion } from './version.ts';

export { BugError, CommandError, ConfigError, errorCodes, PluginError, PmError, SpawnError } from './errors.ts';
export type { ErrorCode, PmErrorOptions, SpawnStage } from './errors.ts';

export { closest, didYouMean } from './config/suggest.ts';
export { formatDiagnostics } from './config/diagnostic.ts';
export type { Diagnostic, DiagnosticPart, Position, Severity } from './config/diagnostic.ts';

export { readCgroupFacts } from './os/cgroup-facts.ts';
export type { CgroupFacts, CgroupOptions, CpuFacts, MemoryFacts } from './os/cgroup-facts.ts';

export { buildGraph, reverseGraph, toLayers } from './plan/graph.ts';
export type { Graph, GraphNode } from './plan/graph.ts';
export { formatStop, toGracePeriodSeconds, toLongestStop } from './plan/stop-budget.ts';
export type { LongestStop } from './plan/stop-budget.ts';
export { formatDuration } from './plan/duration-text.ts';
export { formatCommand } from './plan/command-line.ts';
export type * from './plan/spec.ts';
