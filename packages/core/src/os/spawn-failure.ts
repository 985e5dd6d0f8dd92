import { getSystemErrorName } from 'node:util';
import { SpawnError, type SpawnStage } from '../errors.ts';
import type { LimitName, ResourceLimit } from '../plan/spec.ts';
import type { SpawnRequest } from './spawner.ts';

/** `ENOENT` for 2. */
export function toErrno(number: number): string {
  return getSystemErrorName(-Math.abs(number));
}

/** The errno of an error of `node:fs` or `node:child_process`. */
export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** A SpawnError in words: what failed at `stage` and why, and what to do about it. */
export function spawnFailure(
  request: SpawnRequest,
  stage: SpawnStage,
  errno: string | undefined,
  cause?: unknown,
): SpawnError {
  const what = explain(stage, errno, request);
  const hint = what.hint ?? errnoHints[errno ?? ''];
  return new SpawnError(stage, `cannot start "${request.instance}": ${what.text}${errno ? ` (${errno})` : ''}`, {
    ...(errno !== undefined && { errno }),
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  });
}

/** A SpawnError whose reason is known already. */
export function spawnRefusal(
  request: SpawnRequest,
  stage: SpawnStage,
  text: string,
  options: { errno?: string; hint?: string },
): SpawnError {
  return new SpawnError(stage, `cannot start "${request.instance}": ${text}`, options);
}

interface Explanation {
  readonly text: string;
  readonly hint?: string;
}

function explain(stage: SpawnStage, errno: string | undefined, request: SpawnRequest): Explanation {
  const { os } = request;
  switch (stage) {
    case 'working_dir':
      return explainFolder(request, errno);
    case 'exec':
      return explainExec(request, errno);
    case 'groups':
    case 'gid':
    case 'uid':
      return explainIdentity(request, errno);
    case 'limits':
      return {
        text: `its limits (${describeLimits(os.limits)}) cannot be set`,
        hint: 'Raising a hard limit over the container\'s needs CAP_SYS_RESOURCE: lower it in "limits", or raise the container\'s own (docker run --ulimit).',
      };
    case 'nice':
      return {
        text: `nice ${os.nice} cannot be set`,
        hint: 'A nice value below the supervisor\'s own needs CAP_SYS_NICE: raise "nice", or give the container that capability.',
      };
    case 'oom_score_adj':
      return {
        text: `oom_score_adj ${os.oomScoreAdj} cannot be set`,
        hint: 'Lowering it needs CAP_SYS_RESOURCE: raise "oom_score_adj", or give the container that capability.',
      };
    case 'stdin':
      return explainStdin(request);
    default:
      return { text: stageTexts[stage] };
  }
}

const stageTexts: Readonly<
  Record<
    Exclude<
      SpawnStage,
      'working_dir' | 'exec' | 'groups' | 'gid' | 'uid' | 'limits' | 'nice' | 'oom_score_adj' | 'stdin'
    >,
    string
  >
> = {
  resolve: 'its command cannot be found',
  pipes: 'the pipes for its output cannot be made',
  fork: 'no new process can be made',
  cgroup: 'it cannot join its cgroup',
  session: 'it cannot get a session of its own',
  terminal: 'it cannot get a terminal',
  hook: 'a plugin refused the start',
};

const errnoHints: Readonly<Record<string, string>> = {
  EAGAIN:
    'The limit of processes is reached: of the container (pids_max, --pids-limit) or of the user ("limits.nproc").',
  ENOMEM: 'The machine or the container is out of memory.',
  EMFILE: "The supervisor has no descriptor left: raise the container's limit of open files (--ulimit nofile).",
  ENFILE: 'The machine has no descriptor left.',
};

function explainFolder(request: SpawnRequest, errno: string | undefined): Explanation {
  const folder = `the working directory ${request.cwd}`;
  if (errno === 'ENOENT') return { text: `${folder} does not exist`, hint: 'Create it, or change "working_dir".' };
  if (errno === 'ENOTDIR') return { text: `${folder} is not a directory`, hint: 'Change "working_dir".' };
  return {
    text: `${folder} cannot be entered${asUser(request)}`,
    hint: 'Check the permissions of every directory in the path.',
  };
}

function explainStdin({ stdin }: SpawnRequest): Explanation {
  const path = stdin.kind === 'path' ? ` ${stdin.path}` : '';
  return { text: `its standard input${path} cannot be opened`, hint: 'Create the file, or change "stdin".' };
}

function explainExec(request: SpawnRequest, errno: string | undefined): Explanation {
  const command = request.argv[0];
  switch (errno) {
    case 'ENOENT':
      return {
        text: `"${command}" is there, but the program that should run it is not`,
        hint: 'Look at its first line (#!…) or, for a binary, whether it was built for another system (glibc, musl).',
      };
    case 'EACCES':
      return {
        text: `"${command}" may not be executed${asUser(request)}`,
        hint: 'Check its permissions (chmod +x), those of the directories above it, and that its file system is not mounted noexec.',
      };
    case 'E2BIG':
      return { text: `arguments and environment of "${command}" are too long`, hint: 'Pass large values in a file.' };
    case 'ENOEXEC':
      return {
        text: `"${command}" is not a program for this machine`,
        hint: 'Is it built for another CPU? Is the image for this platform?',
      };
    default:
      return { text: `"${command}" cannot be executed` };
  }
}

function explainIdentity(request: SpawnRequest, errno: string | undefined): Explanation {
  const { credentials } = request.os;
  const text = `it cannot become ${describeUser(request)} with groups ${credentials?.groups.join(', ') || 'none'}`;
  if (errno === 'EINVAL')
    return { text, hint: 'An id is not mapped in this user namespace: choose another user, or extend the mapping.' };
  if (errno === 'EAGAIN') return { text, hint: 'The user has reached its limit of processes ("limits.nproc").' };
  return {
    text,
    hint: 'Changing user needs root, or CAP_SETUID and CAP_SETGID: run pm so, or remove "user" and "group".',
  };
}

function asUser(request: SpawnRequest): string {
  return request.os.credentials ? ` by ${describeUser(request)}` : '';
}

function describeUser({ os: { credentials } }: SpawnRequest): string {
  if (!credentials) return "the supervisor's user";
  return credentials.name === undefined
    ? `user ${credentials.uid}`
    : `user "${credentials.name}" (uid ${credentials.uid})`;
}

function describeLimits(limits: Readonly<Partial<Record<LimitName, ResourceLimit>>>): string {
  return Object.entries(limits)
    .map(([name, { soft, hard }]) => `${name} ${soft}:${hard}`)
    .join(', ');
}
