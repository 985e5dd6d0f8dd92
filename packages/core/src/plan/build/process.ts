import type { ConditionDraft, ProcessDraft } from '../../config/draft.ts';
import { loggingDefaults, processDefaults, requiredByType } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import { toCommand, toSideCommand } from './command.ts';
import { toDependencies, toWaitAfter } from './dependencies.ts';
import { resolvePath, toEnv, toWorkingDir } from './environment.ts';
import { toProcessHooks } from './hooks.ts';
import { toOs } from './os.ts';
import { toReadiness } from './readiness.ts';
import { toRestart, toSuccessExitCodes } from './restart.ts';
import { toShutdown, toSignal } from './shutdown.ts';
import type { Building, Declared, Inherited } from './building.ts';
import { checkProcess } from '../check/process.ts';
import type { Condition, ProcessLogging, ProcessSpec, ReadinessSource } from '../spec.ts';

/**
 * One process with every default filled in. Problems are reported and leave a stand-in behind, so that the checks
 * between processes can run and all problems are told at once.
 */
export function toProcess(declared: Declared, inherited: Inherited, building: Building): ProcessSpec {
  const { name, path, draft, source } = declared;
  const scope = { building, inherited };
  const type = draft.type ?? processDefaults.type;
  const workingDir = toWorkingDir(draft, inherited.workingDir, building);
  const place = { path, workingDir, inherited: inherited.env };
  const readiness = toReadiness(draft, place, building);
  checkProcess(declared, inherited, building);
  return {
    name,
    source,
    type,
    enabled: draft.enabled ?? processDefaults.enabled,
    initialState: draft.initial_state ?? processDefaults.initial_state,
    command: toCommand(draft.command, joinPath(path, 'command'), {
      building,
      shell: draft.shell ?? processDefaults.shell,
    }),
    env: toEnv(draft, place, building),
    os: toOs(draft, path, scope),
    tty: draft.tty ?? processDefaults.tty,
    stdin: toStdin(draft, workingDir, building),
    priority: draft.priority ?? processDefaults.priority,
    dependsOn: toDependencies(declared, scope),
    waitAfterMs: toWaitAfter(draft),
    conflictsWith: draft.conflicts_with ?? [],
    required: draft.required ?? requiredByType[type],
    restart: toRestart(draft, path, { ...scope, type }),
    successExitCodes: toSuccessExitCodes(
      draft.success_exit_codes ?? processDefaults.success_exit_codes,
      joinPath(path, 'success_exit_codes'),
      building,
    ),
    scale: draft.scale ?? processDefaults.scale,
    maxScale: draft.max_scale ?? inherited.maxScale,
    readiness,
    startTimeoutMs: toStartTimeout(readiness, inherited),
    hooks: toProcessHooks(draft, place, building),
    shutdown: toShutdown(draft, path, building),
    labels: draft.labels ?? {},
    logging: toLogging(draft, workingDir, building),
    sections: draft.sections,
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(draft.max_memory === undefined ? {} : { maxMemory: draft.max_memory }),
    ...(draft.port_base === undefined ? {} : { portBase: draft.port_base }),
    ...toConditions(declared, workingDir, building),
    ...toReload(draft, path, building),
  };
}

/** A time limit makes sense only where something has to happen after the spawn that may never happen. */
function toStartTimeout(readiness: ReadinessSource, inherited: Inherited): number {
  return readiness.kind === 'spawned' || readiness.kind === 'after' ? 0 : inherited.startTimeoutMs;
}

function toStdin(
  { stdin = processDefaults.stdin }: ProcessDraft,
  workingDir: string | undefined,
  building: Building,
): ProcessSpec['stdin'] {
  if (stdin === 'null' || stdin === 'inherit') return { kind: stdin };
  return { kind: 'path', path: resolvePath(stdin, workingDir, building) };
}

function toLogging(
  { logging, log_file: files = [] }: ProcessDraft,
  workingDir: string | undefined,
  building: Building,
): ProcessLogging {
  return {
    stdout: logging?.stdout ?? loggingDefaults.stdout,
    stderr: logging?.stderr ?? loggingDefaults.stderr,
    labels: logging?.labels ?? {},
    files: files.map((file) => resolvePath(file, workingDir, building)),
    sections: logging?.sections ?? {},
    ...(logging?.min_level === undefined ? {} : { minLevel: logging.min_level }),
  };
}

function toConditions(
  { draft, path }: Declared,
  workingDir: string | undefined,
  building: Building,
): Pick<ProcessSpec, 'onlyIf' | 'skipIf'> {
  const { only_if: onlyIf, skip_if: skipIf } = draft;
  const convert = (condition: ConditionDraft, key: string): Condition =>
    toCondition(condition, joinPath(path, key), { building, draft, workingDir });
  return {
    ...(onlyIf === undefined ? {} : { onlyIf: convert(onlyIf, 'only_if') }),
    ...(skipIf === undefined ? {} : { skipIf: convert(skipIf, 'skip_if') }),
  };
}

interface ConditionScope {
  readonly building: Building;
  readonly draft: ProcessDraft;
  readonly workingDir: string | undefined;
}

function toCondition(
  condition: ConditionDraft,
  path: string,
  { building, draft, workingDir }: ConditionScope,
): Condition {
  if (condition.env === undefined && condition.file === undefined && condition.command === undefined) {
    building.report.error(
      path,
      'the condition is empty',
      'Set one or more of env, file and command; all that is set must hold.',
    );
  }
  return {
    ...(condition.env === undefined ? {} : { env: condition.env }),
    ...(condition.file === undefined ? {} : { file: resolvePath(condition.file, workingDir, building) }),
    ...(condition.command === undefined
      ? {}
      : { command: toSideCommand(condition.command, joinPath(path, 'command'), { building, shell: draft.shell }) }),
  };
}

function toReload(
  draft: ProcessDraft,
  path: string,
  building: Building,
): Pick<ProcessSpec, 'reloadCommand' | 'reloadSignal'> {
  const { reload_command: command, reload_signal: signal } = draft;
  if (command !== undefined && signal !== undefined) {
    building.report.error(
      joinPath(path, 'reload_signal'),
      '"reload_command" and "reload_signal" are both set',
      'Keep the one that makes the program read its configuration again.',
    );
  }
  return {
    ...(command === undefined
      ? {}
      : { reloadCommand: toSideCommand(command, joinPath(path, 'reload_command'), { building, shell: draft.shell }) }),
    ...(signal === undefined ? {} : { reloadSignal: toSignal(signal, joinPath(path, 'reload_signal'), { building }) }),
  };
}
