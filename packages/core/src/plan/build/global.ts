import type { GlobalDraft } from '../../config/draft.ts';
import { globalDefaults, processDefaults } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import { toCredentials } from './credentials.ts';
import { resolvePath, toEnv, toWorkingDir } from './environment.ts';
import { toBackoff, toMaxAttempts } from './restart.ts';
import type { Building, Inherited } from './building.ts';
import type { GlobalSpec } from '../spec.ts';

/** What processes take over from `global` where they say nothing themselves. */
export function toInherited(draft: GlobalDraft, building: Building): Inherited {
  const workingDir = toWorkingDir(draft, undefined, building);
  const credentials = toCredentials(draft, 'global', building);
  return {
    env: toEnv(draft, { path: 'global', inherited: {}, workingDir }, building),
    restartPolicy: draft.restart_policy ?? globalDefaults.restart_policy,
    backoff: toBackoff(draft, 'global', { building }),
    maxAttempts: toMaxAttempts(draft, 'global', building) ?? globalDefaults.max_restart_attempts,
    stabilityWindowMs: draft.restart_stability_window ?? globalDefaults.restart_stability_window,
    dependencyTimeoutMs: draft.dependency_timeout ?? globalDefaults.dependency_timeout,
    startTimeoutMs: draft.process_start_timeout ?? globalDefaults.process_start_timeout,
    maxScale: toMaxScale(draft, building),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(draft.user === undefined ? {} : { user: draft.user }),
    ...(draft.group === undefined ? {} : { group: draft.group }),
    ...(draft.umask === undefined ? {} : { umask: draft.umask }),
  };
}

/** `global` with its defaults. `longestStopMs` is what `shutdown_timeout: auto` stands for. */
export function toGlobal(
  draft: GlobalDraft,
  scope: { inherited: Inherited; longestStopMs: number; building: Building },
): GlobalSpec {
  const { inherited, longestStopMs, building } = scope;
  const timeout = draft.shutdown_timeout ?? globalDefaults.shutdown_timeout;
  return {
    shutdownTimeoutMs: timeout === 'auto' ? longestStopMs : timeout,
    onProcessFailure: draft.on_process_failure ?? globalDefaults.on_process_failure,
    onIdle: draft.on_idle ?? globalDefaults.on_idle,
    maxProcessScale: inherited.maxScale,
    logFormat: draft.log_format ?? globalDefaults.log_format,
    logLevel: draft.log_level ?? globalDefaults.log_level,
    logTimestamps: draft.log_timestamps ?? globalDefaults.log_timestamps,
    logOverflow: draft.log_overflow ?? globalDefaults.log_overflow,
    logBuffer: draft.log_buffer ?? globalDefaults.log_buffer,
    zombieReapIntervalMs: draft.zombie_reap_interval ?? globalDefaults.zombie_reap_interval,
    env: inherited.env,
    sections: draft.sections,
    ...(draft.runtime_dir === undefined ? {} : { runtimeDir: resolvePath(draft.runtime_dir, undefined, building) }),
    ...(inherited.workingDir === undefined ? {} : { workingDir: inherited.workingDir }),
    ...(inherited.credentials === undefined ? {} : { credentials: inherited.credentials }),
  };
}

function toMaxScale(draft: GlobalDraft, { report }: Building): number {
  const max = draft.max_process_scale ?? globalDefaults.max_process_scale;
  if (Number.isInteger(max) && max >= processDefaults.scale) return max;
  report.error(
    joinPath('global', 'max_process_scale'),
    `${max} is not a number of instances`,
    'Use a whole number from 1.',
  );
  return globalDefaults.max_process_scale;
}
