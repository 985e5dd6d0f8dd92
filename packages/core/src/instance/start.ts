import { SpawnError } from '../errors.ts';
import type { Child, SpawnRequest } from '../os/spawner.ts';
import { toArgv } from '../plan/command-line.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import { Cutoff } from './cutoff.ts';
import { toInstanceVariables, withUser } from './environment.ts';
import { expandSpec } from './expand.ts';
import { runHooks, type HookContext } from './hook-run.ts';
import type { Ports } from './ports.ts';
import type { InstanceView } from './view.ts';

/** What one try at running an instance is made of. What it was started with never changes: `spec` may in all else. */
export interface AttemptScope {
  readonly spec: ProcessSpec;
  readonly context: Omit<HookContext, 'signal'>;
  /** Ends what belongs to coming up: hooks, readiness, the start time limit. */
  readonly coming: Cutoff;
  /** Ends what belongs to going down before the stop signal: pre_stop hooks and drain. */
  readonly going: Cutoff;
  /** Ends what may run to the very last: the stop command, finish and post_stop hooks. */
  readonly after: Cutoff;
}

/** Made once: without a reason each `abort()` makes an error with its stack, and a restart has two of them (0.1 ms). */
export const isOver: Error = new Error('this part of the attempt is over');

export function createScope(declared: ProcessSpec, index: number, ports: Ports): AttemptScope {
  const variables = toInstanceVariables(declared, index, ports.socket);
  const spec = expandSpec(declared, variables);
  const env = { ...withUser(ports.env, spec.os.credentials), ...spec.env, ...variables };
  return {
    spec,
    context: { ports, env, cwd: spec.workingDir ?? ports.cwd, os: toHookLimits(spec), process: spec.name },
    coming: new Cutoff(),
    going: new Cutoff(),
    after: new Cutoff(),
  };
}

/** The same try under a new declaration of what it already runs. */
export function withDeclaration(scope: AttemptScope, declared: ProcessSpec, index: number): AttemptScope {
  return { ...scope, spec: expandSpec(declared, toInstanceVariables(declared, index, scope.context.ports.socket)) };
}

/**
 * Runs the pre_start hooks, lets plugins change the request, and spawns.
 * Throws SpawnError, or what a strict hook threw; never leaves a child behind when it throws.
 */
export async function startChild(scope: AttemptScope, view: InstanceView): Promise<Child> {
  const { ports } = scope.context;
  if (scope.spec.hooks.preStart.length > 0) await runPreStart(scope, view);
  let request = toSpawnRequest(scope, view);
  if (ports.hooks.hasSpawningTaps()) request = await ports.hooks.spawning(request, view);
  if (scope.coming.aborted) throw toInterrupted();
  return ports.spawner.spawn(request);
}

async function runPreStart({ spec, context, coming }: AttemptScope, { id }: InstanceView): Promise<void> {
  const outcome = await runHooks(spec.hooks.preStart, { ...context, signal: coming.signal });
  if (coming.aborted) throw toInterrupted();
  if (!outcome.ok)
    throw new SpawnError('hook', `cannot start "${id}": pre_start: ${outcome.message ?? 'a hook failed'}`);
}

function toInterrupted(): SpawnError {
  return new SpawnError('hook', 'the start was interrupted by a stop');
}

function toSpawnRequest({ spec, context }: AttemptScope, view: InstanceView): SpawnRequest {
  return {
    instance: view.id,
    process: spec.name,
    argv: toArgv(spec.command),
    env: context.env,
    cwd: context.cwd,
    os: spec.os,
    tty: spec.tty,
    stdin: spec.stdin,
    output: 'pipe',
    // A group is the service as a whole: when its shell goes first, the others still have their time.
    ...(spec.shutdown.killMode === 'group' ? { leftoverGraceMs: spec.shutdown.timeoutMs } : {}),
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
