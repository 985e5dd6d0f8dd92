import type { GlobalSpec } from '../plan/spec.ts';
import type { PipelineSettings } from './pipeline.ts';

/** What a plan says about the output, as the pipeline takes it: at the start and at every reload. */
export function toPipelineSettings(global: GlobalSpec): PipelineSettings {
  return {
    format: global.logFormat,
    level: global.logLevel,
    timestamps: global.logTimestamps,
    overflow: global.logOverflow,
    buffer: global.logBuffer,
  };
}
