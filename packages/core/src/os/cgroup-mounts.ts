/** A mounted cgroup hierarchy as `/proc/self/mountinfo` shows it. */
export interface CgroupMount {
  readonly version: 'v1' | 'v2';
  /** The cgroup that appears at `mountPoint`; `/` unless the container runtime mounted a part of the tree. */
  readonly root: string;
  readonly mountPoint: string;
  /** v1 only: `['cpu', 'cpuacct']`. A v2 mount carries every controller of its tree. */
  readonly controllers: readonly string[];
}

/** Where this process is, by v1 controller; `''` is the v2 tree. */
export type CgroupMembership = ReadonlyMap<string, string>;

/** Reads `/proc/PID/cgroup`: lines of `ID:CONTROLLERS:PATH` (cgroups(7)). Lines of another shape are skipped. */
export function parseCgroupMembership(text: string): CgroupMembership {
  const membership = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = '', path = '/'] = match;
    for (const controller of controllers.split(',')) membership.set(controller, path);
  }
  return membership;
}

/** Picks the cgroup mounts out of `/proc/PID/mountinfo` (proc(5)): optional fields end with ` - `. */
export function parseCgroupMounts(text: string): readonly CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root, mountPoint] = left.split(' ');
    const [type, , superOptions = ''] = right.split(' ');
    if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const version = type === 'cgroup2' ? 'v2' : 'v1';
    const controllers =
      version === 'v1' ? superOptions.split(',').filter((option) => option !== 'rw' && option !== 'ro') : [];
    return [{ version, root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint), controllers } as const];
  });
}

/**
 * The folders of a controller that limit this process, its own first, then each ancestor up to the mount.
 * Empty where the controller is not mounted.
 */
export function findCgroupFolders(
  controller: string,
  membership: CgroupMembership,
  mounts: readonly CgroupMount[],
): readonly string[] {
  const own = controller === '' ? undefined : membership.get(controller);
  const v1 = mounts.find((mount) => mount.version === 'v1' && mount.controllers.includes(controller));
  if (own !== undefined && v1 !== undefined) return listFolders(v1, own);
  const unified = membership.get('');
  const v2 = mounts.find((mount) => mount.version === 'v2');
  return unified !== undefined && v2 !== undefined ? listFolders(v2, unified) : [];
}

/** How many CPUs a cpuset list names: `0-3,8` is 5. Undefined for an empty or unreadable list. */
export function countCpuset(list: string): number | undefined {
  let count = 0;
  for (const range of list.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (match === null) return undefined;
    const first = Number(match[1]);
    count += Number(match[2] ?? first) - first + 1;
  }
  return count;
}

function listFolders(mount: CgroupMount, path: string): readonly string[] {
  const below = toPathBelow(mount.root, path)
    .split('/')
    .filter((part) => part !== '');
  const folders = below.map((_, index) => [mount.mountPoint, ...below.slice(0, index + 1)].join('/'));
  return [...folders.toReversed(), mount.mountPoint];
}

/**
 * In a container without its own cgroup namespace `/proc/self/cgroup` shows the host's path while only that
 * cgroup is mounted. A path outside the mount (`/../..`, another namespace) can only be the mount itself.
 */
function toPathBelow(root: string, path: string): string {
  if (path.split('/').includes('..')) return '';
  if (root === '/') return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : '';
}

/** mountinfo writes blanks and backslashes of paths as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
