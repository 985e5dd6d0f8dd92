import { readFileSync } from 'node:fs';
import {
  type CgroupMount,
  countCpuset,
  findCgroupFolders,
  parseCgroupMembership,
  parseCgroupMounts,
} from './cgroup-mounts.ts';

/** What the container allows. A field is absent where nothing limits it or the kernel does not tell. Sizes are bytes. */
export interface CgroupFacts {
  /** Of the memory controller, the one that matters most; `none` where no hierarchy is mounted. */
  readonly version: 'v2' | 'v1' | 'none';
  readonly memory: MemoryFacts;
  readonly cpu: CpuFacts;
  readonly pids: { readonly limit?: number; readonly current?: number };
  /** Share of the last ten seconds, in percent, in which some task waited (PSI; v2 only). */
  readonly pressure: { readonly memory?: number; readonly cpu?: number; readonly io?: number };
}

/** Memory of the container, in bytes. A key that is missing is a limit that does not exist. */
export interface MemoryFacts {
  /** The lowest hard limit among this cgroup and its ancestors. */
  readonly limit?: number;
  /** The lowest throttling limit (v2 `memory.high`). */
  readonly high?: number;
  readonly current?: number;
  /** Times the kernel killed something here for memory. */
  readonly oomKills?: number;
  /** The file that gave `limit`. */
  readonly from?: string;
}

/** CPU time of the container. A key that is missing is a limit that does not exist. */
export interface CpuFacts {
  /** Quota in CPUs; fractions are kept: 0.5 is half of one. */
  readonly quota?: number;
  /** How many CPUs the cpuset leaves. */
  readonly cpuset?: number;
  /** The file that gave `quota`. */
  readonly from?: string;
}

/** Where to look. */
export interface CgroupOptions {
  /** Where `/proc` and `/sys` are looked up; `/` by default. Recorded trees use it. */
  readonly root?: string;
}

/** v1 writes "no limit" as the largest page-aligned number: anything from 2^60 on means none. */
const unlimited = 2 ** 60;

interface Found {
  readonly value: number;
  readonly file: string;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Reads one file of the tree; undefined where it is missing or unreadable. */
type Read = (path: string) => string | undefined;

/**
 * Reads the limits of this process's cgroup, v1, v2 or both mixed, as the minimum over its ancestors.
 * Never throws: a container may hide any of these files.
 */
export function readCgroupFacts(options: CgroupOptions = {}): CgroupFacts {
  const read = createReader(options.root ?? '');
  const membership = parseCgroupMembership(read('/proc/self/cgroup') ?? '');
  const mounts = parseCgroupMounts(read('/proc/self/mountinfo') ?? '');
  const foldersOf = (controller: string): readonly string[] => findCgroupFolders(controller, membership, mounts);
  const memoryFolders = foldersOf('memory');
  return {
    version: isV1Memory(mounts) ? 'v1' : memoryFolders.length > 0 ? 'v2' : 'none',
    memory: readMemory(read, memoryFolders),
    cpu: readCpu(read, foldersOf('cpu'), foldersOf('cpuset')),
    pids: withoutAbsent({
      limit: findLowest(foldersOf('pids'), (folder) => readNumber(read, `${folder}/pids.max`))?.value,
      current: readOwn(read, foldersOf('pids'), 'pids.current'),
    }),
    pressure: readPressure(read, mounts.some((mount) => mount.version === 'v2') ? foldersOf('') : []),
  };
}

/**
 * Reads the limit of memory alone, again and again, in few reads: a restart may wait for it. Where it stands is found
 * once, because a process stays in its cgroup; so is what v1 inherits from above the mount (100 µs). Never throws.
 */
export function createMemoryLimitReader(options: CgroupOptions = {}): () => number | undefined {
  const read = createReader(options.root ?? '');
  let place: MemoryPlace | undefined;
  return () => {
    const { name, folders, inherited } = (place ??= findMemoryPlace(read));
    return lower(
      findLowest(folders, (folder) => readNumber(read, `${folder}/${name}`)),
      inherited,
    )?.value;
  };
}

interface MemoryPlace {
  /** Of the file with the limit. */
  readonly name: string;
  readonly folders: readonly string[];
  readonly inherited: Found | undefined;
}

function findMemoryPlace(read: Read): MemoryPlace {
  const mounts = parseCgroupMounts(read('/proc/self/mountinfo') ?? '');
  const membership = parseCgroupMembership(read('/proc/self/cgroup') ?? '');
  const folders = findCgroupFolders('memory', membership, mounts);
  if (!isV1Memory(mounts)) return { name: 'memory.max', folders, inherited: undefined };
  const top = folders.at(-1);
  return {
    name: 'memory.limit_in_bytes',
    folders,
    inherited: top === undefined ? undefined : readInheritedLimit(read, top),
  };
}

function isV1Memory(mounts: readonly CgroupMount[]): boolean {
  return mounts.some((mount) => mount.version === 'v1' && mount.controllers.includes('memory'));
}

function createReader(root: string): Read {
  return (path) => {
    try {
      return readFileSync(root + path, 'utf8');
    } catch {
      return undefined;
    }
  };
}

function readMemory(read: Read, folders: readonly string[]): MemoryFacts {
  const limit = findLowest(
    folders,
    (folder) =>
      readNumber(read, `${folder}/memory.max`) ??
      lower(readNumber(read, `${folder}/memory.limit_in_bytes`), readInheritedLimit(read, folder)),
  );
  return withoutAbsent({
    limit: limit?.value,
    from: limit?.file,
    high: findLowest(folders, (folder) => readNumber(read, `${folder}/memory.high`))?.value,
    current: readOwn(read, folders, 'memory.current') ?? readOwn(read, folders, 'memory.usage_in_bytes'),
    oomKills:
      folders[0] === undefined
        ? undefined
        : (
            readField(read, `${folders[0]}/memory.events`, 'oom_kill') ??
            readField(read, `${folders[0]}/memory.oom_control`, 'oom_kill')
          )?.value,
  });
}

function readInheritedLimit(read: Read, folder: string): Found | undefined {
  return readField(read, `${folder}/memory.stat`, 'hierarchical_memory_limit');
}

function readCpu(read: Read, cpuFolders: readonly string[], cpusetFolders: readonly string[]): CpuFacts {
  const quota = findLowest(cpuFolders, (folder) => readQuota(read, folder));
  const own = cpusetFolders[0];
  const names = ['cpuset.cpus.effective', 'cpuset.effective_cpus', 'cpuset.cpus'];
  const list =
    own === undefined
      ? undefined
      : names.map((name) => read(`${own}/${name}`)).find((text) => text !== undefined && text.trim() !== '');
  return withoutAbsent({
    quota: quota?.value,
    from: quota?.file,
    cpuset: list === undefined ? undefined : countCpuset(list),
  });
}

/** v2 `cpu.max` is `QUOTA PERIOD` or `max PERIOD`; v1 has a file each, and -1 for none. */
function readQuota(read: Read, folder: string): Found | undefined {
  const unified = read(`${folder}/cpu.max`)?.trim().split(' ').map(Number);
  const [quota, period] = unified ?? [
    Number(read(`${folder}/cpu.cfs_quota_us`) ?? Number.NaN),
    Number(read(`${folder}/cpu.cfs_period_us`) ?? Number.NaN),
  ];
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return undefined;
  return { value: quota / period, file: `${folder}/${unified === undefined ? 'cpu.cfs_quota_us' : 'cpu.max'}` };
}

function readPressure(read: Read, folders: readonly string[]): CgroupFacts['pressure'] {
  const own = folders[0];
  const readAverage = (kind: string): number | undefined => {
    const average = /^some avg10=([\d.]+)/.exec(own === undefined ? '' : (read(`${own}/${kind}.pressure`) ?? ''))?.[1];
    return average === undefined ? undefined : Number(average);
  };
  return withoutAbsent({ memory: readAverage('memory'), cpu: readAverage('cpu'), io: readAverage('io') });
}

function findLowest(folders: readonly string[], find: (folder: string) => Found | undefined): Found | undefined {
  return folders.map(find).reduce(lower, undefined);
}

function lower(left: Found | undefined, right: Found | undefined): Found | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return right.value < left.value ? right : left;
}

function readOwn(read: Read, folders: readonly string[], name: string): number | undefined {
  return folders[0] === undefined ? undefined : readNumber(read, `${folders[0]}/${name}`)?.value;
}

/** `max` and v1's huge numbers are no limit. */
function readNumber(read: Read, file: string): Found | undefined {
  const text = read(file)?.trim();
  return text === undefined || !/^\d+$/.test(text) ? undefined : toFound(Number(text), file);
}

function readField(read: Read, file: string, field: string): Found | undefined {
  const value = new RegExp(`^${field} (\\d+)$`, 'm').exec(read(file) ?? '')?.[1];
  return value === undefined ? undefined : toFound(Number(value), file);
}

function toFound(value: number, file: string): Found | undefined {
  return value >= unlimited ? undefined : { value, file };
}

/** `exactOptionalPropertyTypes`: an absent fact is an absent key, so that JSON shows only what is known. */
function withoutAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Present<T>;
}
