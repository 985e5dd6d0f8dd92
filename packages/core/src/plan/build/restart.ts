import type { BackoffDraft, ProcessDraft, RestartDraft } from '../../config/draft.ts';
import { backoffDefaults, defaultRestart } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import type { Building, Inherited } from './building.ts';
import { formatDuration } from '../duration-text.ts';
import { toSignal } from './shutdown.ts';
import type { Backoff, ProcessType, RestartPolicy, RestartSpec, SignalName } from '../spec.ts';

interface RestartScope {
  readonly building: Building;
  readonly inherited: Inherited;
  readonly type: ProcessType;
}

/** When and how fast the process comes back. */
export function toRestart(draft: ProcessDraft, path: string, scope: RestartScope): RestartSpec {
  const { building, inherited } = scope;
  return {
    policy: toPolicy(draft, path, scope),
    backoff: toBackoff(draft, path, { building, base: inherited.backoff }),
    maxAttempts: toMaxAttempts(draft, path, building) ?? inherited.maxAttempts,
    stabilityWindowMs: draft.restart_stability_window ?? inherited.stabilityWindowMs,
  };
}

function toPolicy(draft: ProcessDraft, path: string, { building, inherited, type }: RestartScope): RestartPolicy {
  if (draft.restart === 'always' && type === 'oneshot') {
    const hint = 'Use "restart: on-failure" to repeat it until it succeeds, or "type: longrun".';
    building.report.error(joinPath(path, 'restart'), 'a oneshot cannot restart always: it would never complete', hint);
  }
  return draft.restart ?? defaultRestart(type, inherited.restartPolicy);
}

/** The backoff of a draft over `base`. A first delay above the inherited ceiling raises the ceiling with it. */
export function toBackoff(
  draft: RestartDraft,
  path: string,
  { building, base }: { building: Building; base?: Backoff },
): Backoff {
  const own: BackoffDraft = draft.restart_backoff ?? {};
  const initialMs = own.initial ?? base?.initialMs ?? backoffDefaults.initial;
  const inheritedMax = Math.max(initialMs, base?.maxMs ?? backoffDefaults.max);
  if (own.max !== undefined && own.max < initialMs) {
    const message = `the longest delay (${formatDuration(own.max)}) is shorter than the first (${formatDuration(initialMs)})`;
    building.report.error(
      joinPath(joinPath(path, 'restart_backoff'), 'max'),
      message,
      'Raise "max", or lower "initial".',
    );
  }
  return {
    initialMs,
    factor: own.factor ?? base?.factor ?? backoffDefaults.factor,
    maxMs: own.max ?? inheritedMax,
    jitter: own.jitter ?? base?.jitter ?? backoffDefaults.jitter,
  };
}

/** -1 for ever, 0 never, else a number of attempts. */
export function toMaxAttempts(draft: RestartDraft, path: string, { report }: Building): number | undefined {
  const attempts = draft.max_restart_attempts;
  if (attempts !== undefined && (!Number.isInteger(attempts) || attempts < -1)) {
    report.error(
      joinPath(path, 'max_restart_attempts'),
      `${attempts} is not a number of attempts`,
      'Use -1 (never give up), 0 (no restart) or a whole number.',
    );
  }
  return attempts;
}

/** What counts as no failure: codes from 0 to 255, and signals by name. */
export function toSuccessExitCodes(
  codes: readonly (number | string)[],
  path: string,
  building: Building,
): readonly (number | SignalName)[] {
  return codes.map((code, index) => {
    const at = joinPath(path, index);
    if (typeof code === 'string') return toSignal(code, at, { building });
    if (!Number.isInteger(code) || code < 0 || code > 255) {
      building.report.error(
        at,
        `${code} is not an exit code`,
        'Exit codes are 0 to 255; a signal is written by its name, for example SIGTERM.',
      );
    }
    return code;
  });
}
