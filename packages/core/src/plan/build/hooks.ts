import type { HookDraft, HooksDraft, ProcessDraft } from '../../config/draft.ts';
import { hookDefaults, processDefaults } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import { toCommand } from './command.ts';
import { toCredentials } from './credentials.ts';
import { checkEnv, resolvePath } from './environment.ts';
import type { Building } from './building.ts';
import type { HookSet, HookSpec, ProcessHookSet } from '../spec.ts';

type Phase = 'pre_start' | 'post_start' | 'pre_stop' | 'post_stop' | 'finish';

/** The global hooks. They run as the global user, unless they name one. */
export function toGlobalHooks(draft: HooksDraft, building: Building): HookSet {
  const scope = { building, path: 'hooks', workingDir: undefined };
  return {
    preStart: toHooks(draft.pre_start, 'pre_start', scope),
    postStart: toHooks(draft.post_start, 'post_start', scope),
    preStop: toHooks(draft.pre_stop, 'pre_stop', scope),
    postStop: toHooks(draft.post_stop, 'post_stop', scope),
  };
}

/** The hooks of a process, with what `pre_script`, `post_script` and `shutdown.pre_stop_hook` stand for in front of them. */
export function toProcessHooks(
  draft: ProcessDraft,
  place: { path: string; workingDir: string | undefined },
  building: Building,
): ProcessHookSet {
  const scope = { building, path: joinPath(place.path, 'hooks'), workingDir: place.workingDir };
  const hooks = draft.hooks ?? {};
  const preStop = draft.shutdown?.pre_stop_hook;
  return {
    preStart: [...toScript(draft.pre_script, 'pre_script'), ...toHooks(hooks.pre_start, 'pre_start', scope)],
    postStart: [...toPostScript(draft), ...toHooks(hooks.post_start, 'post_start', scope)],
    preStop: [
      ...(preStop === undefined
        ? []
        : [
            toHook(preStop, 'pre_stop_hook', {
              ...scope,
              path: joinPath(joinPath(place.path, 'shutdown'), 'pre_stop_hook'),
            }),
          ]),
      ...toHooks(hooks.pre_stop, 'pre_stop', scope),
    ],
    postStop: toHooks(hooks.post_stop, 'post_stop', scope),
    finish: toHooks(hooks.finish, 'finish', scope),
  };
}

interface HookScope {
  readonly building: Building;
  readonly path: string;
  readonly workingDir: string | undefined;
}

function toHooks(drafts: readonly HookDraft[] | undefined, phase: Phase, scope: HookScope): readonly HookSpec[] {
  const path = joinPath(scope.path, phase);
  return (drafts ?? []).map((draft, index) =>
    toHook(draft, `${phase}-${index + 1}`, { ...scope, path: joinPath(path, index) }),
  );
}

function toHook(draft: HookDraft, name: string, { building, path, workingDir }: HookScope): HookSpec {
  const credentials = toCredentials(draft.user === undefined ? {} : { user: draft.user }, path, building);
  if (draft.timeout === 0) {
    building.report.error(
      joinPath(path, 'timeout'),
      'a hook without any time is killed before it runs',
      'Give it time, or remove "timeout" for the default.',
    );
  }
  const dir = draft.working_dir === undefined ? undefined : resolvePath(draft.working_dir, workingDir, building);
  return {
    name: draft.name ?? name,
    command: toCommand(draft.command, joinPath(path, 'command'), {
      building,
      shell: draft.shell ?? hookDefaults.shell,
    }),
    timeoutMs: draft.timeout ?? hookDefaults.timeout,
    retry: draft.retry ?? hookDefaults.retry,
    retryDelayMs: draft.retry_delay ?? hookDefaults.retry_delay,
    continueOnError: draft.continue_on_error ?? hookDefaults.continue_on_error,
    env: checkEnv(draft.env, joinPath(path, 'env'), building),
    ...(dir === undefined ? {} : { workingDir: dir }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

function toPostScript(draft: ProcessDraft): readonly HookSpec[] {
  const delayMs = draft.post_script_timeout ?? processDefaults.post_script_timeout;
  return toScript(draft.post_script, 'post_script').map((hook) => ({ ...hook, delayMs }));
}

/** A script is a path, so a bare name means the file in the working directory, not a program in PATH. */
function toScript(path: string | undefined, name: string): readonly HookSpec[] {
  if (path === undefined) return [];
  return [
    {
      name,
      command: { kind: 'argv', argv: [path.includes('/') ? path : `./${path}`] },
      timeoutMs: hookDefaults.timeout,
      retry: hookDefaults.retry,
      retryDelayMs: hookDefaults.retry_delay,
      continueOnError: hookDefaults.continue_on_error,
      env: {},
    },
  ];
}
