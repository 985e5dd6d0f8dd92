/** The public surface of core; nothing else is public. */
export { coreVersion } from './version.ts';

export { BugError, CommandError, ConfigError, errorCodes, PluginError, PmError, SpawnError } from './errors.ts';
export type { ErrorCode, PmErrorOptions, SpawnStage } from './errors.ts';

export { closest, didYouMean } from './config/suggest.ts';
export type { Diagnostic, Position, Severity } from './config/diagnostic.ts';

export { readCgroupFacts } from './os/cgroup-facts.ts';
export type { CgroupFacts, CgroupOptions, CpuFacts, MemoryFacts } from './os/cgroup-facts.ts';
