import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Sys } from '@pm-supervisor/native';
import { SpawnError } from '../errors.ts';
import { type Containment, createContainment } from './containment.ts';
import { messageFd, type Slot } from './child-stdio.ts';
import { createDirectChild } from './direct-child.ts';
import { closeCgroup, type Launch, sendSignal, startProcess } from './launch.ts';
import { type MonitorRequest, toKillRequest, toSignalRequest } from './monitor-signals.ts';
import { closeAll, openClosingPipe } from './pipes.ts';
import { readStat } from './proc-stat.ts';
import { descendantsOf } from './proc-tree.ts';
import { toShimArgs } from './shim-args.ts';
import type { ShimStatus } from './shim-status.ts';
import { readShimStatus, type ShimStatusReader } from './shim-status-reader.ts';
import { errnoOf, spawnFailure, toErrno } from './spawn-failure.ts';
import type { Child, ChildEnd, SpawnRequest } from './spawner.ts';
import { type ExitStatus, waitForChild } from './wait-for-child.ts';

export interface Shim {
  /** Path of svexec. */
  readonly path: string;
  readonly sys: Sys;
}

/** svexec itself cannot be executed here (a file system mounted noexec, a policy): start without it. */
export class ShimUnusable extends Error {}

/** Starts a child through svexec. Rejects with SpawnError, or with ShimUnusable; then nothing is left. */
export async function startByShim(launch: Launch, shim: Shim): Promise<Child> {
  try {
    return await (launch.request.containment === false ? startUnwatched(launch, shim) : startMonitored(launch, shim));
  } catch (error) {
    launch.stdio.closeEverything();
    throw error;
  }
}

/** svexec becomes the service. Its status ends with that, so its end is left to libuv. */
async function startUnwatched(launch: Launch, shim: Shim): Promise<Child> {
  const { child, reader } = await startShim(launch, shim, async ({ path, args, env, slots, detached }) => ({
    child: await startProcess(() => spawn(path, args, { env, cwd: '/', stdio: [...slots], detached })),
  }));
  const exited = once(child, 'exit');
  const { failure, pid } = await reader.until(() => false);
  if (failure || pid === undefined) {
    const [code, signal] = (await exited) as [ExitStatus['code'], ExitStatus['signal']];
    throw toFailure(launch.request, failure, { code, signal });
  }
  return createDirectChild(launch, { child, pid, exited, ownGroup: true, containment: undefined });
}

/** svexec stays, and keeps its status open to its own end: then it can be waited for, without libuv and its fork(2). */
async function startMonitored(launch: Launch, shim: Shim): Promise<Child> {
  const { shimPid, reader } = await startShim(launch, shim, ({ path, args, env, slots, detached }) => ({
    shimPid: shim.sys.spawn(
      [path, ...args],
      toList(env),
      slots.map((slot) => (typeof slot === 'number' ? slot : -1)),
      detached,
    ),
  }));
  const exited = reader.until(() => false).then(() => waitForChild(shim.sys, shimPid));
  const { running, failure, pid } = await reader.until((status) => status.running || status.failure !== undefined);
  if (failure || pid === undefined || !running) throw toFailure(launch.request, failure, await exited);
  return createMonitoredChild(launch, { shimPid, reader, exited, pid });
}

/** What svexec is started with. */
interface ShimStart {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly slots: readonly Slot[];
  readonly detached: boolean;
}

async function startShim<T>(
  launch: Launch,
  shim: Shim,
  start: (how: ShimStart) => T | Promise<T>,
): Promise<T & { readonly reader: ShimStatusReader }> {
  const { request, stdio } = launch;
  const statusFd = request.notifyFd === 3 ? 4 : 3;
  const status = attemptPipe(request, shim.sys);
  const slots = [...stdio.slots];
  while (slots.length < statusFd) slots.push('ignore');
  slots[statusFd] = status.write;
  const how = {
    path: shim.path,
    args: toArgs(launch, statusFd),
    env: toEnv(request),
    slots,
    detached: !stdio.foreground,
  };
  try {
    const started = await start(how);
    return { ...started, reader: readShimStatus(status.read) };
  } catch (error) {
    closeAll([status.read]);
    throw toShimFailure(request, error);
  } finally {
    closeAll([status.write]);
    stdio.closeTheirs();
  }
}

function toArgs({ request, stdio, cwd, file, own, graceMs, cgroup }: Launch, statusFd: number): string[] {
  const terminal = request.tty ? 'new' : stdio.foreground ? 'foreground' : 'none';
  const monitor = request.containment !== false;
  const order = { file, argv: request.argv, cwd, os: request.os, statusFd, monitor, terminal, graceMs } as const;
  const messages = request.notifySocket === true ? { messageFd } : {};
  return toShimArgs({ ...order, ...messages, cgroups: cgroup?.procs ?? [] }, own);
}

/** The address is abstract, so it needs no folder; the name is one that nobody can have taken before. */
function toEnv({ env, notifySocket }: SpawnRequest): Readonly<Record<string, string>> {
  return notifySocket === true ? { ...env, NOTIFY_SOCKET: `@pm-${crypto.randomUUID()}` } : env;
}

function toList(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function attemptPipe(request: SpawnRequest, sys: Sys): { read: number; write: number } {
  try {
    return openClosingPipe(sys);
  } catch (error) {
    throw spawnFailure(request, 'pipes', errnoOf(error), error);
  }
}

/** What the system says of svexec. The service's own file is not yet looked at. */
function toShimFailure(request: SpawnRequest, error: unknown): Error {
  const errno = errnoOf(error);
  const { syscall } = error as NodeJS.ErrnoException;
  const refused = errno === 'ENOENT' || errno === 'EACCES' || errno === 'EPERM' || errno === 'ENOEXEC';
  if (refused && syscall !== 'clone') {
    return new ShimUnusable(`svexec cannot be executed (${errno})`, { cause: error });
  }
  if (errno === 'ERR_INVALID_ARG_VALUE' || errno === 'EINVAL') return spawnFailure(request, 'exec', 'EINVAL', error);
  return spawnFailure(request, errno === 'E2BIG' ? 'exec' : 'fork', errno, error);
}

function toFailure(request: SpawnRequest, failure: ShimStatus['failure'], { code, signal }: ExitStatus): SpawnError {
  if (failure && failure.stage !== 'usage') return spawnFailure(request, failure.stage, toErrno(failure.errno));
  const how = signal ?? `code ${code}`;
  return new SpawnError('exec', `cannot start "${request.instance}": svexec ended with ${how} before the program ran`);
}

interface Monitored {
  readonly shimPid: number;
  readonly reader: ShimStatusReader;
  readonly exited: Promise<ExitStatus>;
  /** The service's. */
  readonly pid: number;
}

function createMonitoredChild(launch: Launch, monitored: Monitored): Child {
  const { shimPid, reader, pid } = monitored;
  const streams = launch.stdio.openStreams();
  const startTicks = readStat(pid)?.startTicks;
  const containment = createContainment({ pid, started: startTicks }, launch);
  let waited = false;
  let over = false;
  void monitored.exited.then(() => {
    waited = true;
  });

  const mainEnded = (): boolean => over || reader.status().end !== undefined;
  const send = ({ monitor, main }: MonitorRequest): boolean => {
    // Its pid cannot be used again before it was waited for, and then it is over.
    const sent = monitor.map((number) => !waited && sendSignal(shimPid, number));
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
    tree: () => (over ? [] : withFirst(pid, descendantsOf(shimPid))),
  };
}

/** svexec ends when nothing of the service is left, or because somebody killed it: then we look ourselves. */
async function awaitEnd(launch: Launch, { reader, exited }: Monitored, containment: Containment): Promise<ChildEnd> {
  const status = await exited;
  const { end, leftovers, unkillable } = reader.status();
  if (unkillable !== undefined) {
    launch.warn(
      `${unkillable === -1 ? 'Some' : unkillable} of its processes could not be killed: they belong to another user`,
    );
  }
  const found = leftovers ?? (await containment.sweep(0));
  return { ...(end ?? status), leftovers: found, ...closeCgroup(launch) };
}

function withFirst(first: number, pids: readonly number[]): readonly number[] {
  return pids.includes(first) ? [first, ...pids.filter((pid) => pid !== first)] : pids;
}
