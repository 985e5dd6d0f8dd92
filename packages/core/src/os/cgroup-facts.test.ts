import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createMemoryLimitReader, readCgroupFacts } from './cgroup-facts.ts';
import { countCpuset, findCgroupFolders, parseCgroupMembership, parseCgroupMounts } from './cgroup-mounts.ts';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true, force: true });
});

/** A recorded `/proc` and `/sys` in a folder of its own. */
function recordTree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'pm-cgroup-'));
  trees.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
  }
  return root;
}

const unifiedMount = '31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

describe('cgroup v2', () => {
  test('the lowest limit among the ancestors counts', () => {
    const root = recordTree({
      '/proc/self/cgroup': '0::/pod/app\n',
      '/proc/self/mountinfo': unifiedMount,
      '/sys/fs/cgroup/pod/app/memory.max': 'max\n',
      '/sys/fs/cgroup/pod/app/memory.high': '400000000\n',
      '/sys/fs/cgroup/pod/app/memory.current': '1000\n',
      '/sys/fs/cgroup/pod/app/memory.events': 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n',
      '/sys/fs/cgroup/pod/memory.max': '536870912\n',
      '/sys/fs/cgroup/pod/app/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/pod/cpu.max': '200000 100000\n',
      '/sys/fs/cgroup/pod/app/cpuset.cpus.effective': '0-1,4\n',
      '/sys/fs/cgroup/pod/app/pids.max': '100\n',
      '/sys/fs/cgroup/pod/app/pids.current': '7\n',
      '/sys/fs/cgroup/pod/app/memory.pressure': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00\n',
    });
    expect(readCgroupFacts({ root })).toEqual({
      version: 'v2',
      memory: { limit: 536870912, high: 400000000, current: 1000, oomKills: 2, from: '/sys/fs/cgroup/pod/memory.max' },
      cpu: { quota: 0.5, cpuset: 3, from: '/sys/fs/cgroup/pod/app/cpu.max' },
      pids: { limit: 100, current: 7 },
      pressure: { memory: 1.5 },
    });
  });

  test('max everywhere means no limit', () => {
    const root = recordTree({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': unifiedMount,
      '/sys/fs/cgroup/memory.max': 'max\n',
      '/sys/fs/cgroup/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/pids.max': 'max\n',
    });
    expect(readCgroupFacts({ root })).toEqual({ version: 'v2', memory: {}, cpu: {}, pids: {}, pressure: {} });
  });
});

describe('cgroup v1', () => {
  const mounts = [
    '30 24 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
    '31 24 0:27 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
    '32 24 0:28 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids',
  ].join('\n');
  const membership =
    '9:name=systemd:/docker/abc\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n3:pids:/docker/abc\n0::/\n';

  test('a container that sees only its own part of the tree finds its limits', () => {
    const root = recordTree({
      '/proc/self/cgroup': membership,
      '/proc/self/mountinfo': mounts,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '5000\n',
      '/sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '150000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/pids/pids.max': '64\n',
    });
    expect(readCgroupFacts({ root })).toEqual({
      version: 'v1',
      memory: { limit: 268435456, current: 5000, oomKills: 4, from: '/sys/fs/cgroup/memory/memory.limit_in_bytes' },
      cpu: { quota: 1.5, from: '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us' },
      pids: { limit: 64 },
      pressure: {},
    });
  });

  test('a limit of an ancestor outside the mount is known from hierarchical_memory_limit', () => {
    const root = recordTree({
      '/proc/self/cgroup': membership,
      '/proc/self/mountinfo': mounts,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.stat': 'cache 0\nhierarchical_memory_limit 1073741824\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    const facts = readCgroupFacts({ root });
    expect(facts.memory).toEqual({ limit: 1073741824, from: '/sys/fs/cgroup/memory/memory.stat' });
    expect(createMemoryLimitReader({ root })()).toBe(1073741824);
    expect(facts.cpu).toEqual({});
  });

  test('the huge number v1 writes for no limit is no limit', () => {
    const root = recordTree({
      '/proc/self/cgroup': membership,
      '/proc/self/mountinfo': mounts,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    expect(readCgroupFacts({ root }).memory).toEqual({});
    expect(createMemoryLimitReader({ root })()).toBeUndefined();
  });
});

test('the limit of memory alone is what it is now, also after it has been changed', () => {
  const file = '/sys/fs/cgroup/pod/memory.max';
  const root = recordTree({
    '/proc/self/cgroup': '0::/pod\n',
    '/proc/self/mountinfo': unifiedMount,
    [file]: '536870912\n',
  });
  const readLimit = createMemoryLimitReader({ root });
  expect(readLimit()).toBe(536870912);
  writeFileSync(root + file, '1073741824\n');
  expect(readLimit()).toBe(1073741824);
  writeFileSync(root + file, 'max\n');
  expect(readLimit()).toBeUndefined();
});

test('a machine that shows nothing has no facts and no error', () => {
  expect(readCgroupFacts({ root: recordTree({}) })).toEqual({
    version: 'none',
    memory: {},
    cpu: {},
    pids: {},
    pressure: {},
  });
});

test('a path of another cgroup namespace is taken as the mount itself', () => {
  const folders = findCgroupFolders('memory', parseCgroupMembership('0::/../../x\n'), parseCgroupMounts(unifiedMount));
  expect(folders).toEqual(['/sys/fs/cgroup']);
});

test('mount points with blanks are unescaped', () => {
  expect(parseCgroupMounts('1 2 0:3 / /my\\040groups rw - cgroup2 cgroup2 rw')[0]?.mountPoint).toBe('/my groups');
});

test.each([
  ['0-3,8', 5],
  ['0', 1],
  ['', undefined],
  ['x-2', undefined],
] as const)('a cpuset of %j names %j CPUs', (list, count) => {
  expect(countCpuset(list)).toBe(count);
});
