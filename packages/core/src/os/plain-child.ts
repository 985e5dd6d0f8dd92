import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createContainment } from './containment.ts';
import { createDirectChild } from './direct-child.ts';
import { withInheritedSettings } from './inherited-settings.ts';
import { type Launch, startProcess } from './launch.ts';
import { markerVariable } from './process-table.ts';
import { spawnFailure, spawnRefusal } from './spawn-failure.ts';
import type { Child, SpawnRequest } from './spawner.ts';
import { type WrapperTools, wrapCommand } from './wrappers.ts';

/** Starts a child with what Node and the system's own tools can do. Rejects with SpawnError; then nothing is left. */
export async function startPlain(launch: Launch, tools: WrapperTools, marker: string): Promise<Child> {
  const { request, stdio, cwd } = launch;
  try {
    refuseMessages(request);
    const { argv, argv0, ...identity } = wrapCommand(request, launch.file, launch.own, tools);
    const [file, ...args] = argv;
    const options = {
      ...identity,
      ...(argv0 !== undefined && { argv0 }),
      cwd,
      env: { ...request.env, ...(request.containment !== false && { [markerVariable]: marker }) },
      stdio: [...stdio.slots],
      // Node's word for setsid(2). A child that shares our terminal stays in our group: it could not read otherwise.
      detached: !stdio.foreground,
    };
    const start = (): ChildProcess => withInheritedSettings(request.os, () => spawn(file, args, options));
    const child = await startProcess(() => (launch.cgroup ? launch.cgroup.visit(start) : start()));
    const pid = child.pid as number;
    // Attached before anything else happens: a child may end within this turn.
    const exited = once(child, 'exit');
    const contained = request.containment !== false;
    const containment = contained ? createContainment({ pid, marker }, launch) : undefined;
    return createDirectChild(launch, { child, pid, exited, ownGroup: !stdio.foreground, containment });
  } catch (error) {
    stdio.closeEverything();
    throw toFailure(request, error);
  } finally {
    stdio.closeTheirs();
  }
}

/** Node cannot read datagrams of unix(7). */
function refuseMessages(request: SpawnRequest): void {
  if (request.notifySocket !== true) return;
  throw spawnRefusal(request, 'pipes', 'its "ready: {notify: true}" cannot be heard without the native helper', {
    hint: 'Use another source of readiness (fd, port, log, file, command), or see `pm doctor` for why the helper is missing.',
  });
}

function toFailure(request: SpawnRequest, error: unknown): unknown {
  const { code: errno, syscall = '', path = '' } = error as NodeJS.ErrnoException;
  if (errno === 'ERR_INVALID_ARG_VALUE') return spawnFailure(request, 'exec', 'EINVAL', error);
  if (syscall.startsWith('spawn'))
    return spawnFailure(request, errno === 'EAGAIN' || errno === 'ENOMEM' ? 'fork' : 'exec', errno, error);
  if (path.startsWith('/sys/fs/cgroup')) return spawnFailure(request, 'cgroup', errno, error);
  if (syscall !== 'write' && !path.endsWith('oom_score_adj')) return error;
  // A write that fails names no file: only these two are ever written.
  return spawnFailure(request, request.os.oomScoreAdj === undefined ? 'cgroup' : 'oom_score_adj', errno, error);
}
