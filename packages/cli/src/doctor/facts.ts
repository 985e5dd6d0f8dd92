import { accessSync, constants, existsSync, fstatSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { chooseRuntimeDir, coreVersion, readAbilities, readCgroupFacts } from '@pm-supervisor/core';
import type { CgroupFacts, RuntimeDir, SpawnerAbilities } from '@pm-supervisor/core';
import { helperStatus, type HelperStatus } from '@pm-supervisor/native';
import type { CliContext, NodeFacts } from '../context.ts';
import {
  findMount,
  findName,
  parseMounts,
  parseStatus,
  parseUlimit,
  type Credentials,
  type Mount,
  type Ulimit,
} from './proc.ts';

/** What this machine or container is, as `pm doctor --json` prints it. Sizes are bytes; an absent limit is no limit. */
export interface MachineFacts {
  readonly pm: { readonly version: string };
  readonly node: NodeFacts & { readonly heapLimit: number };
  readonly helper: HelperStatus;
  /** What can be done for processes here, with the helper or without. */
  readonly abilities: SpawnerAbilities;
  readonly machine: { readonly os?: string; readonly kernel: string; readonly memory: number; readonly cpus: number };
  readonly cgroup: CgroupFacts;
  /** What counts in the end: the lowest of container and machine. */
  readonly size: { readonly memory: number; readonly cpus: number };
  readonly process: Credentials & { readonly pid: number; readonly user?: string; readonly group?: string };
  readonly files: FileFacts;
  readonly ulimits: { readonly nofile: Ulimit; readonly nproc: Ulimit; readonly core: Ulimit };
  readonly kernel: { readonly pidMax?: number; readonly inotifyInstances?: number; readonly inotifyWatches?: number };
  readonly stdout: 'terminal' | 'pipe' | 'socket' | 'file' | 'device' | 'closed';
}

export interface FileFacts {
  readonly readOnlyRoot: boolean;
  /** false: nothing can be learnt about processes. */
  readonly proc: boolean;
  /** `hidepid` of the /proc mount, where it hides others' processes. */
  readonly hidepid?: string;
  readonly temporary: { readonly path: string; readonly writable: boolean; readonly noexec: boolean };
  /** The folder for state and socket, and why those before it in the order cannot be used. */
  readonly runtimeDir: RuntimeDir;
}

/** Looks, and makes nothing but the runtime folder. What cannot be read is absent or counts as not offered. */
export function gatherFacts(context: CliContext): MachineFacts {
  const cgroup = readCgroupFacts();
  const memory = totalmem();
  const cpuCount = Math.min(cpus().length || availableParallelism(), cgroup.cpu.cpuset ?? Number.POSITIVE_INFINITY);
  const limits = read('/proc/self/limits');
  return {
    pm: { version: coreVersion },
    node: { ...context.node, heapLimit: getHeapStatistics().heap_size_limit },
    helper: helperStatus(),
    abilities: readAbilities(),
    machine: {
      ...optional('os', /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1]),
      kernel: release(),
      memory,
      cpus: cpus().length,
    },
    cgroup,
    size: {
      memory: Math.min(memory, cgroup.memory.limit ?? memory),
      cpus: Math.min(cpuCount, cgroup.cpu.quota ?? cpuCount),
    },
    process: gatherCredentials(context.pid),
    files: gatherFiles(context),
    ulimits: {
      nofile: parseUlimit(limits, 'Max open files'),
      nproc: parseUlimit(limits, 'Max processes'),
      core: parseUlimit(limits, 'Max core file size'),
    },
    kernel: {
      ...optional('pidMax', readCount('/proc/sys/kernel/pid_max')),
      ...optional('inotifyInstances', readCount('/proc/sys/fs/inotify/max_user_instances')),
      ...optional('inotifyWatches', readCount('/proc/sys/fs/inotify/max_user_watches')),
    },
    stdout: findKind(1, context.stdout.isTerminal),
  };
}

function gatherCredentials(pid: number): MachineFacts['process'] {
  const credentials = parseStatus(read('/proc/self/status'));
  return {
    pid,
    ...credentials,
    ...optional('user', findName(read('/etc/passwd'), credentials.uid)),
    ...optional('group', findName(read('/etc/group'), credentials.gid)),
  };
}

function gatherFiles({ env }: CliContext): FileFacts {
  const mounts = parseMounts(read('/proc/self/mountinfo'));
  const isReadOnly = (mount: Mount | undefined): boolean => mount?.options.includes('ro') ?? false;
  const temporary = tmpdir();
  const hidepid = findMount(mounts, '/proc')?.options.find((option) => /^hidepid=(?!0|off)/.test(option));
  return {
    readOnlyRoot: isReadOnly(findMount(mounts, '/')),
    proc: existsSync('/proc/self/stat'),
    ...optional('hidepid', hidepid?.slice('hidepid='.length)),
    temporary: {
      path: temporary,
      writable: isWritable(temporary),
      noexec: findMount(mounts, temporary)?.options.includes('noexec') ?? false,
    },
    runtimeDir: chooseRuntimeDir({ env }),
  };
}

function findKind(fd: number, isTerminal: boolean): MachineFacts['stdout'] {
  if (isTerminal) return 'terminal';
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO()) return 'pipe';
    if (stat.isSocket()) return 'socket';
    return stat.isFile() ? 'file' : 'device';
  } catch {
    return 'closed';
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readCount(path: string): number | undefined {
  const text = read(path).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [name in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [name in K]: V });
}
