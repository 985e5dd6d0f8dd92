import type { PlanRequest } from '@pm-supervisor/core';
import type { CliContext } from './context.ts';

/** What names a configuration, on whichever verb. */
export interface PlanOptions {
  readonly configPath?: string | undefined;
  readonly profile?: string | undefined;
  readonly only?: readonly string[] | undefined;
}

/** The request that `pm run` with these options would make. */
export function toPlanRequest({ configPath, profile, only = [] }: PlanOptions, { cwd, env }: CliContext): PlanRequest {
  return {
    cwd,
    env,
    ...(configPath === undefined ? {} : { configPath }),
    ...(profile === undefined ? {} : { profile }),
    ...(only.length === 0 ? {} : { only }),
  };
}
