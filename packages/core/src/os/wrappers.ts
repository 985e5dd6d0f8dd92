import { realpathSync } from 'node:fs';
import type { LimitName, ResourceLimit } from '../plan/spec.ts';
import { defaultPath, findCommand } from './find-command.ts';
import { liftedLimits } from './limits.ts';
import { identityChange, type Privileges } from './privileges.ts';
import { spawnFailure, spawnRefusal } from './spawn-failure.ts';
import type { SpawnRequest } from './spawner.ts';

/** Programs of util-linux and coreutils that set what Node cannot, by absolute path; undefined where they are missing. */
export interface WrapperTools {
  readonly setpriv: string | undefined;
  readonly prlimit: string | undefined;
  readonly nice: string | undefined;
}

/** A command line behind its wrappers, and what Node sets itself. */
export interface WrappedCommand {
  readonly argv: readonly [string, ...string[]];
  /** argv[0] that the service sees, where no wrapper comes between. */
  readonly argv0: string | undefined;
  readonly uid?: number;
  readonly gid?: number;
}

export function findWrapperTools(): WrapperTools {
  return { setpriv: withoutBusybox(locate('setpriv')), prlimit: locate('prlimit'), nice: locate('nice') };
}

/**
 * Pure: how to start `file` as asked without the native helper. Each wrapper sets one thing and becomes the next, so
 * the pid stays. Throws SpawnError where what is asked for cannot be had: a service never runs as another user or
 * with other limits than it says. Wrappers that fail would look like a failing service, so what they need is
 * checked before.
 */
export function wrapCommand(request: SpawnRequest, file: string, own: Privileges, tools: WrapperTools): WrappedCommand {
  const limits = limitWrapper(request, own, tools);
  const nice = niceWrapper(request, own, tools);
  const identity = identityWrapper(request, own, tools, limits.length + nice.length > 0);
  const wrappers = [...limits, ...nice, ...identity.wrapper];
  const argv: [string, ...string[]] = [file, ...request.argv.slice(1)];
  const [first, ...rest] = [...wrappers, ...argv] as [string, ...string[]];
  return { argv: [first, ...rest], argv0: wrappers.length > 0 ? undefined : request.argv[0], ...identity.byNode };
}

function limitWrapper(request: SpawnRequest, own: Privileges, tools: WrapperTools): string[] {
  const wanted = Object.entries(request.os.limits) as [LimitName, ResourceLimit][];
  if (wanted.length === 0) return [];
  if (!tools.prlimit) throw missing(request, 'limits', 'limits', 'prlimit');
  if (liftedLimits(request.os.limits, own.limits).length > 0 && !own.capabilities.has('CAP_SYS_RESOURCE')) {
    throw spawnFailure(request, 'limits', 'EPERM');
  }
  return [tools.prlimit, ...wanted.map(([name, { soft, hard }]) => `--${name}=${toWord(soft)}:${toWord(hard)}`)];
}

/** nice(1) takes a step, and runs the command even when the kernel refuses it. */
function niceWrapper(request: SpawnRequest, own: Privileges, tools: WrapperTools): string[] {
  const { nice } = request.os;
  if (nice === undefined || nice === own.nice) return [];
  if (!tools.nice) throw missing(request, 'nice', 'nice', 'nice');
  const lowest = 20 - Math.min(40, own.limits.nice?.soft ?? 0);
  if (nice < own.nice && nice < lowest && !own.capabilities.has('CAP_SYS_NICE'))
    throw spawnFailure(request, 'nice', 'EPERM');
  return [tools.nice, '-n', String(nice - own.nice)];
}

interface IdentityWrapper {
  readonly wrapper: readonly string[];
  readonly byNode: { readonly uid?: number; readonly gid?: number };
}

/** Node sets user and group itself, and drops all supplementary groups. It does so before wrappers run, which may need root. */
function identityWrapper(
  request: SpawnRequest,
  own: Privileges,
  tools: WrapperTools,
  wrapped: boolean,
): IdentityWrapper {
  const { credentials } = request.os;
  const change = identityChange(credentials, own);
  if (!credentials || change === 'none') return { wrapper: [], byNode: {} };
  const { uid, gid, groups } = credentials;
  const needed = ['CAP_SETGID', ...(change === 'user' ? (['CAP_SETUID'] as const) : [])] as const;
  if (needed.some((capability) => !own.capabilities.has(capability))) throw spawnFailure(request, 'uid', 'EPERM');
  const extra = groups.filter((group) => group !== gid);
  if (extra.length === 0 && !wrapped) return { wrapper: [], byNode: { uid, gid } };
  if (!tools.setpriv) throw missing(request, 'groups', 'user', 'setpriv');
  const list = groups.length > 0 ? [`--groups=${groups.join(',')}`] : ['--clear-groups'];
  return { wrapper: [tools.setpriv, `--reuid=${uid}`, `--regid=${gid}`, ...list], byNode: {} };
}

function missing(request: SpawnRequest, stage: 'limits' | 'nice' | 'groups', key: string, tool: string): Error {
  return spawnRefusal(
    request,
    stage,
    `"${key}" cannot be applied: the native helper is missing, and so is ${tool}(1)`,
    {
      hint: `Install ${tool} (Debian: util-linux, coreutils), or see \`pm doctor\` for why the helper is missing.`,
    },
  );
}

function locate(name: string): string | undefined {
  const found = findCommand(name, defaultPath, '/');
  return 'path' in found ? found.path : undefined;
}

/** busybox has a setpriv that sets no ids. */
function withoutBusybox(path: string | undefined): string | undefined {
  return path !== undefined && !realpathSync(path).endsWith('busybox') ? path : undefined;
}

function toWord(limit: number): string {
  return Number.isFinite(limit) ? String(limit) : 'unlimited';
}
