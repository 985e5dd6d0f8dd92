import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { helperStatus, loadSys, svexecPath, type Sys } from '@pm-supervisor/native';
import { SpawnError } from '../errors.ts';
import { type CgroupMaker, createCgroupMaker } from './child-cgroup.ts';
import { openChildStdio } from './child-stdio.ts';
import { type Clock, systemClock } from './clock.ts';
import { findCommand } from './find-command.ts';
import type { Launch } from './launch.ts';
import { choosePipeMaker, type PipeMaker } from './pipes.ts';
import { startPlain } from './plain-child.ts';
import { type Privileges, readPrivileges } from './privileges.ts';
import { readStat } from './proc-stat.ts';
import { createProcessTableReader, type ProcessTableReader } from './process-table.ts';
import { type Shim, ShimUnusable, startByShim } from './shim-child.ts';
import { errnoOf, spawnFailure, spawnRefusal } from './spawn-failure.ts';
import type { Child, Spawner, SpawnerAbilities, SpawnRequest } from './spawner.ts';
import { findWrapperTools, type WrapperTools } from './wrappers.ts';

export interface SpawnerWarning {
  /** Undefined: about all that are started. */
  readonly instance?: string;
  readonly text: string;
}

export interface NodeSpawnerOptions {
  readonly clock?: Clock;
  /** Named pipes are made there when there is no helper, else in the system's temporary folders. */
  readonly runtimeDir?: string;
  /** Instead of these. */
  readonly pipeFolders?: readonly string[];
  /** What could not be done as asked and was done otherwise. Never about what a spawn rejects with. */
  readonly onWarning?: (warning: SpawnerWarning) => void;
  /** false: as if the helper could not be loaded. Default (and true): what `@pm-supervisor/native` finds. */
  readonly helper?: boolean | Shim;
  /** Between SIGTERM and SIGKILL for what a main process leaves behind; default 1000 ms. */
  readonly leftoverGraceMs?: number;
}

/** What is the same for all children of one spawner. */
interface Ground {
  readonly clock: Clock;
  readonly own: Privileges;
  readonly sys: Sys | undefined;
  readonly pipes: PipeMaker | undefined;
  readonly pipesReason: string | undefined;
  readonly cgroups: () => CgroupMaker;
  readonly table: ProcessTableReader;
  /** Looked for when they are first needed: with the helper never. */
  readonly tools: () => WrapperTools;
  readonly graceMs: number;
  readonly onWarning: (warning: SpawnerWarning) => void;
}

/** Starts real processes: through svexec where the native helper works, else with what Node and the system's tools can do. */
export function createNodeSpawner(options: NodeSpawnerOptions = {}): Spawner {
  const helper = chooseHelper(options.helper);
  const ground = createGround(options, 'sys' in helper ? helper.sys : undefined);
  let shim: Shim | undefined = 'sys' in helper ? helper : undefined;
  let helperReason = 'reason' in helper ? helper.reason : undefined;
  // Start time and all: after a restart of the supervisor its pid may be the same.
  const markerBase = `${process.pid}.${readStat('self')?.startTicks ?? 0}`;
  let count = 0;
  let warned = false;

  const start = async (launch: Launch): Promise<Child> => {
    try {
      return await (shim ? startByShim(launch, shim) : startPlain(launch, ground.tools(), `${markerBase}.${++count}`));
    } catch (error) {
      void launch.cgroup?.remove();
      throw error;
    }
  };
  const spawn = async (request: SpawnRequest): Promise<Child> => {
    if (!ground.pipes && !warned && request.output === 'pipe') {
      warned = true;
      ground.onWarning({ text: socketWarning(ground) });
    }
    try {
      return await start(await prepare(request, ground));
    } catch (error) {
      if (!(error instanceof ShimUnusable)) throw error;
      if (shim) ground.onWarning({ text: `${error.message}: services are started without it` });
      shim = undefined;
      helperReason = error.message;
      return spawn(request);
    }
  };
  return {
    spawn,
    get abilities() {
      return toAbilities(ground, shim !== undefined, helperReason);
    },
  };
}

function createGround(options: NodeSpawnerOptions, sys: Sys | undefined): Ground {
  const clock = options.clock ?? systemClock;
  const usual = [...(options.runtimeDir === undefined ? [] : [options.runtimeDir]), tmpdir(), '/dev/shm'];
  const pipes = choosePipeMaker(sys, options.pipeFolders ?? usual);
  return {
    clock,
    sys,
    own: readPrivileges(),
    pipes: 'open' in pipes ? pipes : undefined,
    pipesReason: 'reason' in pipes ? pipes.reason : undefined,
    cgroups: memoize(() => createCgroupMaker(clock)),
    table: createProcessTableReader(clock),
    tools: memoize(findWrapperTools),
    graceMs: options.leftoverGraceMs ?? 1_000,
    onWarning: options.onWarning ?? (() => {}),
  };
}

function chooseHelper(wanted: boolean | Shim = true): ReturnType<typeof findHelper> {
  if (typeof wanted === 'object') return wanted;
  return wanted ? findHelper() : { reason: 'turned off' };
}

/** Both parts or none: svexec's status comes through a pipe that only `sys` can make. */
function findHelper(): Shim | { readonly reason: string } {
  const sys = loadSys();
  const path = svexecPath();
  return sys && path !== undefined ? { sys, path } : { reason: helperStatus().reason ?? 'not found' };
}

/** Everything that can be refused before there is a process. */
async function prepare(request: SpawnRequest, ground: Ground): Promise<Launch> {
  const { clock, own, table, onWarning } = ground;
  const graceMs = request.leftoverGraceMs ?? ground.graceMs;
  const cwd = resolve(request.cwd);
  const file = resolveFile(request, cwd);
  checkFolder(request, cwd);
  checkDescriptor(request, own);
  const warn = (text: string): void => onWarning({ instance: request.instance, text });
  const stdio = await openChildStdio(request, { sys: ground.sys, pipes: ground.pipes, uid: own.uid });
  const { resources } = request.os;
  const cgroup = resources && ground.cgroups().make(request.instance, resources, warn);
  return { request, file, cwd, stdio, cgroup, own, clock, table, graceMs, warn };
}

function resolveFile(request: SpawnRequest, cwd: string): string {
  const found = findCommand(request.argv[0], request.env['PATH'], cwd);
  if ('path' in found) return found.path;
  throw spawnRefusal(request, 'resolve', `${found.reason} (${found.errno})`, {
    errno: found.errno,
    hint:
      found.errno === 'EACCES'
        ? 'Make it executable (chmod +x), or start it with its interpreter.'
        : 'Install it, write its whole path, or set PATH in "env".',
  });
}

/** Seen as root this may pass and still fail for the service's user: then svexec, which enters it as that user, says so. */
function checkFolder(request: SpawnRequest, cwd: string): void {
  try {
    if (!statSync(cwd).isDirectory()) throw spawnFailure(request, 'working_dir', 'ENOTDIR');
    accessSync(cwd, constants.X_OK);
  } catch (error) {
    throw error instanceof SpawnError ? error : spawnFailure(request, 'working_dir', errnoOf(error), error);
  }
}

function checkDescriptor(request: SpawnRequest, own: Privileges): void {
  const { notifyFd } = request;
  const limit = own.limits.nofile?.soft ?? Infinity;
  if (notifyFd === undefined || (notifyFd > 2 && notifyFd < limit)) return;
  throw spawnRefusal(request, 'pipes', `descriptor ${notifyFd} cannot be used for readiness`, {
    errno: 'EBADF',
    hint: `Choose a number from 3 to ${limit - 1}.`,
  });
}

function toAbilities(ground: Ground, helper: boolean, reason: string | undefined): SpawnerAbilities {
  return {
    helper,
    ...(helper || reason === undefined ? {} : { helperReason: reason }),
    containment: helper ? 'subreaper' : 'process-tree',
    tty: helper,
    limits: helper || ground.tools().prlimit !== undefined,
    cgroup: ground.cgroups().kind,
    pipes: ground.pipes?.kind ?? 'socketpair',
  };
}

function socketWarning({ pipesReason }: Ground): string {
  return `services get sockets instead of pipes as output (${pipesReason ?? 'no reason known'}): those that open /dev/stdout will fail`;
}

function memoize<T extends {}>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
