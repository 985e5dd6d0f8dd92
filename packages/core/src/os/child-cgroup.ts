import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OsSpec } from '../plan/spec.ts';
import { visitCgroups } from './cgroup-visit.ts';
import { findCgroupFolders, parseCgroupMembership, parseCgroupMounts } from './cgroup-mounts.ts';
import type { Clock } from './clock.ts';
import { readStat } from './proc-stat.ts';
import { errnoOf } from './spawn-failure.ts';

export type ResourceName = 'memory_max' | 'cpu_max' | 'pids_max';

/** A cgroup made for one child. */
export interface ChildCgroup {
  /** Limits that the kernel now holds it to. */
  readonly enforced: readonly ResourceName[];
  /** `cgroup.procs` files that the child has to join: one under v2, one for each controller under v1. */
  readonly procs: readonly string[];
  /** Runs `start` inside, for a child that cannot join by itself before its first instruction. */
  visit<T>(start: () => T): T;
  /** Pids that are in it now. */
  members(): readonly number[];
  /** Something in it was killed because it passed `memory_max`. */
  oomKilled(): boolean;
  /** Removes it once it is empty. Never rejects. */
  remove(): Promise<void>;
}

export interface CgroupMaker {
  readonly kind: 'v2' | 'v1' | 'none';
  /** Undefined when nothing can be limited. Each limit that cannot be set is told to `warn`. */
  make(
    name: string,
    resources: NonNullable<OsSpec['resources']>,
    warn: (text: string) => void,
  ): ChildCgroup | undefined;
}

type Controller = 'memory' | 'cpu' | 'pids';

interface Hierarchy {
  readonly version: 'v1' | 'v2';
  /** Our own cgroup in it, below which the children's are made. */
  readonly folder: string;
}

interface Wanted {
  readonly resource: ResourceName;
  readonly controller: Controller;
  /** Files to write, in order. */
  readonly settings: (version: 'v1' | 'v2') => readonly (readonly [file: string, value: string])[];
}

const periodUs = 100_000;
/** The kernel takes no less. */
const smallestQuotaUs = 1_000;
const prefix = 'pm-';

/** Makes cgroups below our own. `root` is where /proc and /sys are looked up. */
export function createCgroupMaker(clock: Clock): CgroupMaker {
  const hierarchies = findHierarchies();
  let count = 0;
  let swept = false;
  return {
    kind: kindOf(hierarchies),
    make(name, resources, warn) {
      if (!swept) for (const { folder } of hierarchies.values()) removeStale(folder);
      swept = true;
      const wanted = toWanted(resources);
      const leaf = `${prefix}${process.pid}-${name.replace(/[^\w.@-]/g, '_')}-${++count}`;
      const made = new Set<string>();
      const enforced = wanted.filter((want) => setLimit(want, { leaf, hierarchies, made, warn }));
      const folders = [...made];
      if (enforced.length === 0) folders.splice(0).forEach(removeNow);
      if (folders.length === 0) return undefined;
      return toChildCgroup(
        folders,
        enforced.map(({ resource }) => resource),
        clock,
      );
    },
  };
}

function toWanted({ memoryMax, cpuMax, pidsMax }: NonNullable<OsSpec['resources']>): Wanted[] {
  const quota = String(Math.max(smallestQuotaUs, Math.round((cpuMax ?? 0) * periodUs)));
  const all: (Wanted & { readonly value: number | undefined })[] = [
    {
      value: memoryMax,
      resource: 'memory_max',
      controller: 'memory',
      settings: (version) => [[version === 'v2' ? 'memory.max' : 'memory.limit_in_bytes', String(memoryMax)]],
    },
    {
      value: cpuMax,
      resource: 'cpu_max',
      controller: 'cpu',
      settings: (version) =>
        version === 'v2'
          ? [['cpu.max', `${quota} ${periodUs}`]]
          : [
              ['cpu.cfs_period_us', String(periodUs)],
              ['cpu.cfs_quota_us', quota],
            ],
    },
    { value: pidsMax, resource: 'pids_max', controller: 'pids', settings: () => [['pids.max', String(pidsMax)]] },
  ];
  return all.filter(({ value }) => value !== undefined);
}

interface Making {
  readonly leaf: string;
  readonly hierarchies: ReadonlyMap<Controller, Hierarchy>;
  /** Folders made so far. */
  readonly made: Set<string>;
  readonly warn: (text: string) => void;
}

/** true when the kernel took the limit. The folder is made on the way, once for all controllers that share it. */
function setLimit({ resource, controller, settings }: Wanted, { leaf, hierarchies, made, warn }: Making): boolean {
  const hierarchy = hierarchies.get(controller);
  if (!hierarchy) {
    warn(`${resource} is not enforced: there is no ${controller} cgroup controller here`);
    return false;
  }
  const folder = join(hierarchy.folder, leaf);
  try {
    if (hierarchy.version === 'v2') enableController(hierarchy.folder, controller);
    mkdirSync(folder, { recursive: true });
    made.add(folder);
    for (const [file, value] of settings(hierarchy.version)) writeFileSync(join(folder, file), value);
    return true;
  } catch (error) {
    warn(
      `${resource} is not enforced: no cgroup can be made in ${hierarchy.folder} (${errnoOf(error) ?? String(error)})`,
    );
    return false;
  }
}

/**
 * cgroup v2 gives controllers only to children of a cgroup that holds no processes itself. As PID 1 our cgroup is the
 * container's own, and we move what is in it one level down; elsewhere it is not ours to rearrange.
 */
function enableController(folder: string, controller: Controller): void {
  const control = join(folder, 'cgroup.subtree_control');
  if (readFileSync(control, 'latin1').split(/\s+/).includes(controller)) return;
  try {
    writeFileSync(control, `+${controller}`);
  } catch (error) {
    if (errnoOf(error) !== 'EBUSY' || process.pid !== 1) throw error;
    moveProcesses(folder, join(folder, `${prefix}supervisor`));
    writeFileSync(control, `+${controller}`);
  }
}

function moveProcesses(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const pid of readPids(from)) writeFileSync(join(to, 'cgroup.procs'), String(pid));
}

function toChildCgroup(folders: readonly string[], enforced: readonly ResourceName[], clock: Clock): ChildCgroup {
  return {
    enforced,
    procs: folders.map((folder) => join(folder, 'cgroup.procs')),
    visit: (start) =>
      visitCgroups(
        folders.map((folder) => ({ folder, home: homeOf(folder) })),
        start,
      ),
    members: () => folders.flatMap(readPids),
    oomKilled: () => folders.some((folder) => countOomKills(folder) > 0),
    remove: async () => void (await Promise.all(folders.map((folder) => removeEmpty(folder, clock)))),
  };
}

/** Where we are in the hierarchy of a child's cgroup: right above it, or in the leaf that `enableController` moved us to. */
function homeOf(folder: string): string {
  const leaf = join(dirname(folder), `${prefix}supervisor`);
  return readPids(leaf).includes(process.pid) ? leaf : dirname(folder);
}

/** A cgroup stays busy until the last zombie in it was reaped: a few tries, then it is left to the next start. */
async function removeEmpty(folder: string, clock: Clock): Promise<void> {
  for (const pauseMs of [0, 10, 100, 1_000]) {
    if (pauseMs > 0) await clock.sleep(pauseMs);
    const failed = await rmdir(folder).then(
      () => undefined,
      (error: unknown) => errnoOf(error),
    );
    if (failed !== 'EBUSY') return;
  }
}

/** Folders of supervisors that were killed before they could remove them. */
function removeStale(parent: string): void {
  for (const name of readFolder(parent)) {
    const owner = Number(/^pm-(\d+)-/.exec(name)?.[1]);
    if (owner > 0 && owner !== process.pid && !readStat(owner)) removeNow(join(parent, name));
  }
}

function removeNow(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Still in use, or gone.
  }
}

function countOomKills(folder: string): number {
  for (const file of ['memory.events', 'memory.oom_control']) {
    const match = /^oom_kill (\d+)$/m.exec(readText(join(folder, file)));
    if (match) return Number(match[1]);
  }
  return 0;
}

function findHierarchies(): ReadonlyMap<Controller, Hierarchy> {
  const membership = parseCgroupMembership(readText('/proc/self/cgroup'));
  const mounts = parseCgroupMounts(readText('/proc/self/mountinfo'));
  const found = new Map<Controller, Hierarchy>();
  for (const controller of ['memory', 'cpu', 'pids'] as const) {
    const [folder] = findCgroupFolders(controller, membership, mounts);
    if (folder === undefined || !isWritable(folder)) continue;
    const unified = readText(join(folder, 'cgroup.controllers'));
    const isV1 = mounts.some((mount) => mount.version === 'v1' && mount.controllers.includes(controller));
    if (isV1) found.set(controller, { version: 'v1', folder });
    else if (unified.split(/\s+/).includes(controller)) found.set(controller, { version: 'v2', folder });
  }
  return found;
}

function kindOf(hierarchies: ReadonlyMap<Controller, Hierarchy>): CgroupMaker['kind'] {
  const [first] = hierarchies.values();
  return hierarchies.get('memory')?.version ?? first?.version ?? 'none';
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readPids(folder: string): number[] {
  return readText(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
