import { describe, expect, test } from 'vitest';
import { describeCapabilities, parseCapabilities } from './capabilities.ts';
import type { MachineFacts } from './facts.ts';
import { toFindings } from './findings.ts';
import { formatCount, formatSize } from './format.ts';
import { findMount, findName, parseMounts, parseStatus, parseUlimit } from './proc.ts';
import { renderReport } from './report.ts';

const plain = (_: unknown, text: string): string => text;

const wellEquipped: MachineFacts = {
  pm: { version: '0.1.0' },
  node: { version: '24.21.0', path: '/usr/local/bin/node', arch: 'x64', heapLimit: 2 ** 28 },
  helper: { sys: true, svexec: true },
  abilities: { helper: true, containment: 'subreaper', tty: true, limits: true, cgroup: 'v2', pipes: 'pipe' },
  machine: { os: 'Debian GNU/Linux 12', kernel: '6.1.0', memory: 8 * 2 ** 30, cpus: 4 },
  cgroup: {
    version: 'v2',
    memory: { limit: 2 ** 30, current: 2 ** 20 },
    cpu: { quota: 1.5 },
    pids: { limit: 500, current: 3 },
    pressure: {},
  },
  size: { memory: 2 ** 30, cpus: 1.5 },
  process: {
    pid: 1,
    uid: 0,
    gid: 0,
    groups: [],
    user: 'root',
    group: 'root',
    capabilities: parseCapabilities('1ffffffffff'),
    noNewPrivileges: false,
    seccomp: 'filter',
  },
  files: {
    readOnlyRoot: true,
    proc: true,
    temporary: { path: '/tmp', writable: true, noexec: false },
    runtimeDir: { path: '/run/pm', refused: [] },
  },
  ulimits: { nofile: { soft: 1024, hard: 4096 }, nproc: {}, core: { soft: 0, hard: 0 } },
  kernel: { pidMax: 32768, inotifyInstances: 128, inotifyWatches: 8192 },
  stdout: 'pipe',
};

describe('what /proc tells', () => {
  test('rights of a process', () => {
    const status =
      'Name:\tnode\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t6\t5\t5\nGroups:\t4 24 \nNoNewPrivs:\t1\nSeccomp:\t2\nCapEff:\t0000000000000021\n';
    expect(parseStatus(status)).toEqual({
      uid: 1001,
      gid: 6,
      groups: [4, 24],
      capabilities: ['chown', 'kill'],
      noNewPrivileges: true,
      seccomp: 'filter',
    });
  });

  test('a status that cannot be read is nobody with no rights', () => {
    expect(parseStatus('').capabilities).toEqual([]);
  });

  test('limits, unlimited ones absent', () => {
    const limits =
      'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 unlimited            files\n';
    expect(parseUlimit(limits, 'Max open files')).toEqual({ soft: 1024 });
    expect(parseUlimit('', 'Max open files')).toEqual({});
  });

  test('the mount that holds a path is the innermost one, and the latest of equals', () => {
    const mounts = parseMounts(
      '1 0 0:1 / / rw - ext4 a ro\n2 1 0:2 / /proc rw,nosuid - proc proc rw,hidepid=2\n3 1 0:3 / /proc ro - proc proc ro\n4 1 0:4 / /tmp2 rw - tmpfs x rw\n',
    );
    expect(findMount(mounts, '/proc/1')?.options).toContain('ro');
    expect(findMount(mounts, '/tmp')?.mountPoint).toBe('/');
  });

  test('names of ids', () => {
    expect(findName('root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n', 33)).toBe('www-data');
    expect(findName('', 33)).toBeUndefined();
  });
});

test.each([
  ['1ffffffffff', 'all'],
  ['1fffeffffff', 'all but sys_resource'],
  ['0', 'none'],
  ['21', 'chown kill'],
])('the mask %s is %s', (mask, text) => {
  expect(describeCapabilities(parseCapabilities(mask))).toBe(text);
});

test.each([
  [undefined, 'no limit'],
  [0, '0 B'],
  [512, '512 B'],
  [1536, '1.5 KiB'],
  [536870912, '512 MiB'],
  [2 ** 50, '1024 TiB'],
])('%j bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test('CPUs keep their fraction', () => {
  expect([0.25, 2, 1.333333, undefined].map(formatCount)).toEqual(['0.25', '2', '1.33', 'no limit']);
});

describe('findings', () => {
  test('a machine that lacks nothing has none', () => {
    expect(toFindings(wellEquipped)).toEqual([]);
  });

  test('problems come before notes', () => {
    const facts = {
      ...wellEquipped,
      helper: { sys: false, svexec: false, reason: 'PM_NATIVE=off' },
      files: { ...wellEquipped.files, proc: false },
    };
    expect(toFindings(facts).map(({ severity }) => severity)).toEqual(['problem', 'note']);
  });

  const { process, files, cgroup, ulimits, kernel, abilities } = wellEquipped;
  test.each<[string, Partial<MachineFacts>, string, string]>([
    ['no /proc', { files: { ...files, proc: false } }, '/proc is not mounted', 'mount -t proc'],
    [
      'no helper',
      { helper: { sys: false, svexec: false, reason: 'no file for riscv64' } },
      'no file for riscv64',
      'no `tty`',
    ],
    [
      'no helper and no tools',
      { helper: { sys: false, svexec: false }, abilities: { ...abilities, helper: false, tty: false, limits: false } },
      'not used',
      'util-linux',
    ],
    ['sockets for output', { abilities: { ...abilities, pipes: 'socketpair' } }, 'socket', '/dev/stdout'],
    ['no child cgroups', { abilities: { ...abilities, cgroup: 'none' } }, 'no child cgroup', 'memory_max'],
    [
      'no runtime dir',
      {
        files: { ...files, runtimeDir: { refused: [{ path: '/run/pm', reason: 'it is on a read-only file system' }] } },
      },
      '/run/pm: it is on a read-only file system',
      'PM_RUNTIME_DIR',
    ],
    ['hidepid', { files: { ...files, hidepid: '2' } }, 'hidepid=2', 'run pm as root'],
    ['no terminals', { abilities: { ...abilities, tty: false } }, '/dev/ptmx', 'devpts'],
    [
      'root who cannot change users',
      { process: { ...process, capabilities: ['kill', 'sys_resource'] } },
      'CAP_SETUID',
      '`user`',
    ],
    [
      'root who cannot kill',
      { process: { ...process, capabilities: ['setuid', 'setgid', 'sys_resource'] } },
      'CAP_KILL',
      'stopped',
    ],
    ['another user', { process: { ...process, uid: 33, user: 'www-data' } }, 'not root, but www-data (33)', '`user`'],
    [
      'hard limits fixed',
      { process: { ...process, capabilities: ['kill', 'setuid', 'setgid'] } },
      'CAP_SYS_RESOURCE',
      '`limits`',
    ],
    [
      'killed for memory',
      { cgroup: { ...cgroup, memory: { limit: 2 ** 29, oomKills: 2 } } },
      'killed 2 processes',
      '512 MiB',
    ],
    ['few processes', { cgroup: { ...cgroup, pids: { limit: 20 } } }, 'only 20 processes', '--pids-limit'],
    [
      'small container',
      { cgroup: { ...cgroup, memory: { limit: 2 ** 26 } } },
      '256 MiB of heap, the container has 64 MiB',
      '--max-old-space-size',
    ],
    ['few files', { ulimits: { ...ulimits, nofile: { soft: 256 } } }, 'only 256 files', '--ulimit'],
    ['no inotify', { kernel: { ...kernel, inotifyWatches: 0 } }, 'inotify', '--watch'],
  ])('%s', (_, change, message, hint) => {
    const findings = toFindings({ ...wellEquipped, ...change });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain(message);
    expect(findings[0]?.hint).toContain(hint);
  });
});

test('the report names what counts, then what is missing', () => {
  const facts = { ...wellEquipped, process: { ...wellEquipped.process, pid: 7 } };
  const text = renderReport(facts, [{ severity: 'problem', message: 'M', hint: 'H' }], plain);
  expect(text).toContain('memory         1 GiB (container: 1 GiB, 1 MiB used; machine: 8 GiB)');
  expect(text).toContain('cpus           1.5 (quota: 1.5; cpuset: no limit; machine: 4)');
  expect(text).toContain('pid            7: not PID 1');
  expect(text).toContain('capabilities   all');
  expect(text).toContain('open files 1024 (hard 4096), processes unlimited, core 0');
  expect(text.endsWith('problem M\n  H\n')).toBe(true);
});
