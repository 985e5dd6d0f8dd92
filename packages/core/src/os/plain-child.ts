import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createContainment } from './containment.ts';
import { createDirectChild } from './direct-child.ts';
import { withInheritedSettings } from './inherited-settings.ts';
import { type Launch, startProcess } from './launch.ts';
import { markerVariable } from './process-table.ts';
import { errnoOf, spawnFailure } from './spawn-failure.ts';
import type { Child, SpawnRequest } from './spawner.ts';
import { type WrapperTools, wrapCommand } from './wrappers.ts';

/** Starts a child with what Node and the system's own tools can do. Rejects with SpawnError; then nothing is left. */
export async function startPlain(launch: Launch, tools: WrapperTools, marker: string): Promise<Child> {
  const { request, stdio, cwd } = launch;
  try {
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
    const child = await startProcess(() => withInheritedSettings(request.os, () => spawn(file, args, options)));
    const pid = child.pid as number;
    // Attached before anything else happens: a child may end within this turn.
    const exited = once(child, 'exit');
    const contained = request.containment !== false;
    const containment = contained ? createContainment({ pid, marker }, launch) : undefined;
    joinCgroups(launch, pid);
    return createDirectChild(launch, { child, pid, exited, ownGroup: !stdio.foreground, containment });
  } catch (error) {
    stdio.closeEverything();
    throw toFailure(request, error);
  } finally {
    stdio.closeTheirs();
  }
}

/** After the start, as Node offers no other moment: what it forks in its first microseconds stays outside. */
function joinCgroups({ cgroup, warn }: Launch, pid: number): void {
  for (const path of cgroup?.procs ?? []) {
    try {
      writeFileSync(path, String(pid));
    } catch (error) {
      warn(`it could not be put into its cgroup (${errnoOf(error)}): its resources are not limited`);
    }
  }
}

function toFailure(request: SpawnRequest, error: unknown): unknown {
  const errno = errnoOf(error);
  const syscall = (error as NodeJS.ErrnoException).syscall ?? '';
  if (errno === 'ERR_INVALID_ARG_VALUE') return spawnFailure(request, 'exec', 'EINVAL', error);
  if ((error as NodeJS.ErrnoException).path === '/proc/self/oom_score_adj' || syscall === 'write') {
    return spawnFailure(request, 'oom_score_adj', errno, error);
  }
  if (!syscall.startsWith('spawn')) return error;
  return spawnFailure(request, errno === 'EAGAIN' || errno === 'ENOMEM' ? 'fork' : 'exec', errno, error);
}
