import { SpawnError } from '../errors.ts';
import { expandInstance } from '../config/interpolate.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Child, SpawnRequest } from '../os/spawner.ts';
import type { HookContext } from './hook-run.ts';
import { runHooks, toArgv } from './hook-run.ts';
import { toInstanceVariables, toUserVariables } from './environment.ts';
import type { InstanceOutput } from './output.ts';
import type { Ports } from './ports.ts';
import type { InstanceView } from './view.ts';

/** One try at running an instance, from its gate to its last hook. A restart is a new attempt; this one's spec never changes. */
export interface Attempt {
  readonly spec: ProcessSpec;
  /** Ends what belongs to coming up: hooks, readiness, the start time limit. */
  readonly coming: AbortController;
  /** Ends what belongs to going down: pre_stop hooks, drain, stop command. */
  readonly going: AbortController;
  /** Ends what comes after the end: finish and post_stop hooks. */
  readonly after: AbortController;
  readonly context: Omit<HookContext, 'signal'>;
  /** Stamp of the readiness file before the spawn. */
  readonly staleStamp: string | undefined;
  child?: Child;
  output?: InstanceOutput;
  /** Wall clock. */
  startedAt?: number;
  /** Monotonic clock. */
  spawnedAt?: number;
  ended: boolean;
}

export function createAttempt(spec: ProcessSpec, index: number, ports: Ports): Attempt {
  const variables = toInstanceVariables(spec, index, ports.socket);
  const env = { ...ports.env, ...toUserVariables(spec.os.credentials), ...toExpanded(spec.env, variables), ...variables };
  const cwd = expandInstance(spec.workingDir ?? ports.cwd, variables);
  const file = spec.readiness.kind === 'file' ? spec.readiness.path : undefined;
  return {
    spec,
    coming: new AbortController(),
    going: new AbortController(),
    after: new AbortController(),
    context: { ports, env, cwd, os: toHookLimits(spec), process: spec.name },
    staleStamp: file === undefined ? undefined : ports.probes.fileStamp(file),
    ended: false,
  };
}

/**
 * Runs the pre_start hooks, lets plugins change the request, and spawns.
 * Throws SpawnError, or what a strict hook threw; never leaves a child behind when it throws.
 */
export async function startAttempt(attempt: Attempt, view: InstanceView): Promise<Child> {
  const { ports } = attempt.context;
  const { preStart } = attempt.spec.hooks;
  if (preStart.length > 0) await runPreStart(attempt);
  let request = toSpawnRequest(attempt, view);
  if (ports.hooks.hasSpawningTaps()) request = await ports.hooks.spawning(request, view);
  if (attempt.coming.signal.aborted) throw toInterrupted();
  return ports.spawner.spawn(request);
}

async function runPreStart({ spec, context, coming }: Attempt): Promise<void> {
  const outcome = await runHooks(spec.hooks.preStart, { ...context, signal: coming.signal });
  if (coming.signal.aborted) throw toInterrupted();
  if (!outcome.ok) throw new SpawnError('hook', `pre_start ${outcome.message ?? 'hook failed'}`);
}

function toInterrupted(): SpawnError {
  return new SpawnError('hook', 'the start was interrupted by a stop');
}

function toSpawnRequest({ spec, context }: Attempt, view: InstanceView): SpawnRequest {
  const variables = context.env;
  const argv = toArgv(spec.command).map((word) => expandInstance(word, variables));
  return {
    instance: view.id,
    process: spec.name,
    argv: argv as [string, ...string[]],
    env: context.env,
    cwd: context.cwd,
    os: spec.os,
    tty: spec.tty,
    stdin: spec.stdin,
    output: 'pipe',
    ...(spec.readiness.kind === 'fd' ? { notifyFd: spec.readiness.fd } : {}),
    ...(spec.readiness.kind === 'notify' ? { notifySocket: true } : {}),
  };
}

/** Hooks and probes run as the process's user, but not under limits that were sized for the process alone. */
function toHookLimits({ os }: ProcessSpec): ProcessSpec['os'] {
  return {
    limits: {},
    ...(os.credentials === undefined ? {} : { credentials: os.credentials }),
    ...(os.umask === undefined ? {} : { umask: os.umask }),
  };
}

function toExpanded(env: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, expandInstance(value, variables)]));
}
