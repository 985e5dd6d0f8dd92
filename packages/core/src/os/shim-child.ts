import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Sys } from '@pm-supervisor/native';
import { SpawnError } from '../errors.ts';
import { type Containment, createContainment } from './containment.ts';
import { messageFd } from './child-stdio.ts';
import { createDirectChild } from './direct-child.ts';
import { closeCgroup, type Launch, sendSignal, signalChild, startProcess } from './launch.ts';
import { type MonitorRequest, toKillRequest, toSignalRequest } from './monitor-signals.ts';
import { closeAll, openClosingPipe } from './pipes.ts';
import { readStat } from './proc-stat.ts';
import { descendantsOf } from './proc-tree.ts';
import { toShimArgs } from './shim-args.ts';
import { readShimStatus, type ShimStatusReader } from './shim-status-reader.ts';
import { errnoOf, spawnFailure, toErrno } from './spawn-failure.ts';
import type { Child, ChildEnd, SpawnRequest } from './spawner.ts';

export interface Shim {
  /** Path of svexec. */
  readonly path: string;
  readonly sys: Sys;
}

/** svexec itself cannot be executed here (a file system mounted noexec, a policy): start without it. */
export class ShimUnusable extends Error {}

/** Starts a child through svexec. Rejects with SpawnError, or with ShimUnusable; then nothing is left. */
export async function startByShim(launch: Launch, shim: Shim): Promise<Child> {
  const { request, stdio } = launch;
  const monitored = request.containment !== false;
  try {
    const { child, reader } = await startShim(launch, shim, monitored);
    const exited = once(child, 'exit');
    const status = await reader.until(({ running, failure }) => running || failure !== undefined);
    if (status.failure) throw await toFailure(request, status.failure, exited);
    if (status.pid === undefined || (monitored && !status.running)) throw await toFailure(request, undefined, exited);
    return monitored
      ? createMonitoredChild(launch, { child, reader, exited, pid: status.pid })
      : createDirectChild(launch, { child, pid: status.pid, exited, ownGroup: true, containment: undefined });
  } catch (error) {
    stdio.closeEverything();
    throw error;
  }
}

interface StartedShim {
  readonly child: ChildProcess;
  readonly reader: ShimStatusReader;
}

async function startShim(launch: Launch, shim: Shim, monitor: boolean): Promise<StartedShim> {
  const { request, stdio, cwd, file, own, graceMs } = launch;
  const statusFd = request.notifyFd === 3 ? 4 : 3;
  const terminal = request.tty ? 'new' : stdio.foreground ? 'foreground' : 'none';
  const order = { file, argv: request.argv, cwd, os: request.os, statusFd, monitor, terminal, graceMs } as const;
  const messages = request.notifySocket === true ? { messageFd } : {};
  const args = toShimArgs({ ...order, ...messages, cgroups: launch.cgroup?.procs ?? [] }, own);
  const status = attemptPipe(request, shim.sys);
  const slots = [...stdio.slots];
  while (slots.length < statusFd) slots.push('ignore');
  slots[statusFd] = status.write;
  const options = { env: toEnv(request), cwd: '/', stdio: slots, detached: !stdio.foreground };
  try {
    const child = await startProcess(() => spawn(shim.path, args, options));
    return { child, reader: readShimStatus(status.read) };
  } catch (error) {
    closeAll([status.read]);
    throw toShimFailure(request, error);
  } finally {
    closeAll([status.write]);
    stdio.closeTheirs();
  }
}

/** The address is abstract, so it needs no folder; the name is one that nobody can have taken before. */
function toEnv({ env, notifySocket }: SpawnRequest): Record<string, string> {
  return notifySocket === true ? { ...env, NOTIFY_SOCKET: `@pm-${crypto.randomUUID()}` } : { ...env };
}

function attemptPipe(request: SpawnRequest, sys: Sys): { read: number; write: number } {
  try {
    return openClosingPipe(sys);
  } catch (error) {
    throw spawnFailure(request, 'pipes', errnoOf(error), error);
  }
}

/** What Node says of svexec. The service's own file is not yet looked at. */
function toShimFailure(request: SpawnRequest, error: unknown): Error {
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'EACCES' || errno === 'EPERM' || errno === 'ENOEXEC') {
    return new ShimUnusable(`svexec cannot be executed (${errno})`, { cause: error });
  }
  if (errno === 'ERR_INVALID_ARG_VALUE') return spawnFailure(request, 'exec', 'EINVAL', error);
  return spawnFailure(request, errno === 'E2BIG' ? 'exec' : 'fork', errno, error);
}

async function toFailure(
  request: SpawnRequest,
  failure: ShimStatusReader['status']['failure'],
  exited: Promise<unknown[]>,
): Promise<SpawnError> {
  const [code, signal] = (await exited) as [number | null, string | null];
  if (!failure || failure.stage === 'usage') {
    return new SpawnError(
      'exec',
      `cannot start "${request.instance}": svexec ended with ${signal ?? `code ${code}`} before the program ran`,
    );
  }
  return spawnFailure(request, failure.stage, toErrno(failure.errno));
}

interface Monitored extends StartedShim {
  readonly exited: Promise<unknown[]>;
  /** The service's. */
  readonly pid: number;
}

function createMonitoredChild(launch: Launch, monitored: Monitored): Child {
  const { child, reader, pid } = monitored;
  const streams = launch.stdio.openStreams(child);
  const containment = createContainment({ pid }, launch);
  const startTicks = readStat(pid)?.startTicks;
  let over = false;

  const mainEnded = (): boolean => over || reader.status.end !== undefined;
  const send = ({ monitor, main }: MonitorRequest): boolean => {
    const sent = monitor.map((number) => signalChild(child, number));
    if (main !== undefined) sent.push(readStat(pid)?.startTicks === startTicks && sendSignal(pid, main));
    return sent.every(Boolean);
  };
  return {
    pid,
    ...streams,
    ...(launch.cgroup && { enforced: launch.cgroup.enforced }),
    ended: awaitEnd(launch, monitored, containment).finally(() => {
      over = true;
    }),
    signal: (signal, mode) => {
      const request = toSignalRequest(signal, mode);
      return !mainEnded() && send(request);
    },
    kill: (signal, mode) => {
      const request = toKillRequest(signal, mode);
      return !over && send(mainEnded() ? toKillRequest('SIGKILL', 'mixed') : request);
    },
    closeOutput: () => Object.values(streams).forEach((stream) => stream.destroy()),
    tree: () => (over ? [] : withFirst(pid, descendantsOf(child.pid ?? 0))),
  };
}

/** svexec ends when nothing of the service is left, or because somebody killed it: then we look ourselves. */
async function awaitEnd(launch: Launch, { reader, exited }: Monitored, containment: Containment): Promise<ChildEnd> {
  const [code, signal] = (await exited) as [ChildEnd['code'], ChildEnd['signal']];
  const { end, leftovers, unkillable } = await reader.until(() => false);
  if (unkillable !== undefined) {
    launch.warn(
      `${unkillable === -1 ? 'Some' : unkillable} of its processes could not be killed: they belong to another user`,
    );
  }
  const found = leftovers ?? (await containment.sweep(0));
  return { ...(end ?? { code, signal }), leftovers: found, ...closeCgroup(launch) };
}

function withFirst(first: number, pids: readonly number[]): readonly number[] {
  return pids.includes(first) ? [first, ...pids.filter((pid) => pid !== first)] : pids;
}
