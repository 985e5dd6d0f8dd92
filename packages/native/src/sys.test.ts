import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { constants as os, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadSys } from './load.ts';
import { pidOf } from './testing/svexec.ts';
import type { Sys } from './sys.ts';

const sys = loadSys() as Sys;
const closeOnExec = 0o2000000;
const [pAll, pPid] = [0, 1];
const [wNoHang, wExited, wNoWait] = [1, 4, 0x01000000];
const folder = mkdtempSync(join(tmpdir(), 'sys-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the kernel's refusal looks like to the caller. */
function refusal(code: string, syscall: string): Error {
  const errno = os.errno[code as keyof typeof os.errno];
  return expect.objectContaining({ code, errno: -errno, syscall, message: expect.stringContaining(`${code}: `) });
}

function expectRefusal(call: () => unknown, code: string, syscall: string): void {
  expect(call).toThrow(refusal(code, syscall));
}

function flagsOf(fd: number): number {
  return Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '', 8);
}

/** Runs statements in a fresh Node with `sys`; what they print is the answer. For calls that change the process. */
function inFreshNode(statements: string): string {
  const script = `import { loadSys } from ${JSON.stringify(join(import.meta.dirname, 'load.ts'))}; const sys = loadSys(); ${statements}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim();
}

describe('waitid', () => {
  test('a child that has ended is seen and, with WNOWAIT, left for its parent', async () => {
    const child = spawn('/bin/sh', ['-c', 'exit 7'], { stdio: 'ignore' });
    const found = sys.waitid(pPid, pidOf(child), wExited | wNoWait);
    expect(found).toEqual({ pid: child.pid, uid: process.getuid?.(), code: 1, status: 7 });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('a signal is the status of a killed child', async () => {
    const child = spawn('/bin/sh', ['-c', 'kill -9 $$'], { stdio: 'ignore' });
    expect(sys.waitid(pPid, pidOf(child), wExited | wNoWait)).toMatchObject({ code: 2, status: 9 });
    await once(child, 'exit');
  });

  test('null where nobody has ended; ECHILD where there is nobody', async () => {
    const child = spawn('/bin/sleep', ['20'], { stdio: 'ignore' });
    expect(sys.waitid(pPid, pidOf(child), wExited | wNoHang)).toBe(null);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expectRefusal(() => sys.waitid(pPid, pidOf(child), wExited | wNoHang), 'ECHILD', 'waitid');
    expectRefusal(() => sys.waitid(pAll, 0, 0), 'EINVAL', 'waitid');
  });
});

describe('pipe2', () => {
  test('a real pipe, whose flags are those asked for', () => {
    const [reading, writing] = sys.pipe2(closeOnExec | constants.O_NONBLOCK);
    expect(fstatSync(reading).isFIFO()).toBe(true);
    expect(flagsOf(reading) & (closeOnExec | constants.O_NONBLOCK)).toBe(closeOnExec | constants.O_NONBLOCK);
    writeSync(writing, 'through');
    const buffer = Buffer.alloc(16);
    expect(buffer.toString('latin1', 0, readSync(reading, buffer))).toBe('through');
    closeSync(reading);
    closeSync(writing);
  });

  test('an unknown flag is refused', () => expectRefusal(() => sys.pipe2(1), 'EINVAL', 'pipe2'));
});

describe('fchown', () => {
  test('gives a descriptor to somebody; -1 leaves the group', () => {
    const fd = openSync(join(folder, 'owned'), 'w');
    sys.fchown(fd, 1234, 2345);
    sys.fchown(fd, 4294967294, -1);
    expect(fstatSync(fd)).toMatchObject({ uid: 4294967294, gid: 2345 });
    closeSync(fd);
  });

  test('a closed descriptor is refused', () => expectRefusal(() => sys.fchown(9999, 0, 0), 'EBADF', 'fchown'));
});

describe('prctl', () => {
  const [setDeathSignal, getDeathSignal, setName, setSubreaper, getSubreaper] = [1, 2, 15, 36, 37];

  test('sets and tells: subreaper and parent death signal', () => {
    const script = `console.log(sys.prctl(${setSubreaper}, 1), sys.prctl(${getSubreaper}, 0), sys.prctl(${setDeathSignal}, 9), sys.prctl(${getDeathSignal}, 0))`;
    expect(inFreshNode(script)).toBe('0 1 0 9');
  });

  test('options that want a pointer are refused: a number must never become one', () => {
    expectRefusal(() => sys.prctl(setName, 4096), 'EINVAL', 'prctl');
    expectRefusal(() => sys.prctl(123456, 0), 'EINVAL', 'prctl');
  });
});

describe('prlimit', () => {
  const [core, files, unknown] = [4, 7, 99];

  test('reads, sets both, and returns what was before', async () => {
    const child = spawn('/bin/sleep', ['20'], { stdio: 'ignore' });
    const pid = pidOf(child);
    const before = sys.prlimit(pid, files, null);
    expect(sys.prlimit(pid, files, [10, 20])).toEqual(before);
    expect(sys.prlimit(pid, files, null)).toEqual([10, 20]);
    expect(readFileSync(`/proc/${pid}/limits`, 'latin1')).toMatch(/Max open files +10 +20 /);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  test('unlimited is Infinity in both directions', async () => {
    const child = spawn('/bin/sleep', ['20'], { stdio: 'ignore' });
    const [, hard] = sys.prlimit(pidOf(child), core, null);
    sys.prlimit(pidOf(child), core, [hard, hard]);
    expect(sys.prlimit(pidOf(child), core, null)).toEqual([hard, hard]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(inFreshNode(`sys.prlimit(0, 0, [Infinity, Infinity]); console.log(sys.prlimit(0, 0, null))`)).toBe(
      '[ Infinity, Infinity ]',
    );
  });

  test('refusals: an unknown resource, a soft limit above the hard one, nobody there', () => {
    expectRefusal(() => sys.prlimit(0, unknown, null), 'EINVAL', 'prlimit');
    expectRefusal(() => sys.prlimit(0, core, [2, 1]), 'EINVAL', 'prlimit');
    expectRefusal(() => sys.prlimit(4194303, core, null), 'ESRCH', 'prlimit');
  });

  test.each([[[1]], [[-1, 1]], [['a', 1]], [undefined], [5], [[Number.NaN, 1]]])('%j is not a limit', (limit) => {
    expect(() => sys.prlimit(0, core, limit as never)).toThrow(TypeError);
  });
});

test('ioprioSet: idle class for a child, and a refusal', async () => {
  const child = spawn('/bin/sleep', ['20'], { stdio: 'ignore' });
  sys.ioprioSet(1, pidOf(child), 3 << 13);
  expect(spawnSync('/usr/bin/ionice', ['-p', String(child.pid)], { encoding: 'utf8' }).stdout).toBe('idle\n');
  expectRefusal(() => sys.ioprioSet(1, pidOf(child), 7 << 13), 'EINVAL', 'ioprio_set');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('tgkill: a signal to one thread of ours, and a refusal', () => {
  const script = `process.on('SIGUSR2', () => console.log('got it')); sys.tgkill(process.pid, process.pid, 12); setTimeout(() => {}, 100)`;
  expect(inFreshNode(script)).toBe('got it');
  expectRefusal(() => sys.tgkill(process.pid, 4194303, 0), 'ESRCH', 'tgkill');
});

test('a terminal: two sides, its size, and no size where there is no terminal', () => {
  const { fd, path } = sys.openTerminal();
  expect(path).toMatch(/^\/dev\/pts\/\d+$/);
  expect(flagsOf(fd) & closeOnExec).toBe(closeOnExec);
  sys.setWindowSize(fd, 24, 80);
  const other = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  expect(sys.getWindowSize(other)).toEqual({ rows: 24, columns: 80 });
  closeSync(other);
  closeSync(fd);
  const file = openSync('/dev/null', 'r');
  expectRefusal(() => sys.getWindowSize(file), 'ENOTTY', 'ioctl TIOCGWINSZ');
  expectRefusal(() => sys.setWindowSize(file, 1, 1), 'ENOTTY', 'ioctl TIOCSWINSZ');
  closeSync(file);
});

test('setNonBlocking: changes that flag alone and tells what it was', () => {
  const [reading, writing] = sys.pipe2(closeOnExec);
  expect([sys.setNonBlocking(reading, true), sys.setNonBlocking(reading, true)]).toEqual([false, true]);
  expect(() => readSync(reading, Buffer.alloc(1))).toThrow('EAGAIN');
  expect(sys.setNonBlocking(reading, false)).toBe(true);
  expect(flagsOf(reading)).toBe(closeOnExec);
  closeSync(reading);
  closeSync(writing);
  expectRefusal(() => sys.setNonBlocking(9999, true), 'EBADF', 'fcntl');
});

test.each([
  ['nothing', () => (sys.waitid as () => unknown)()],
  ['a string', () => sys.pipe2('1' as never)],
  ['a fraction', () => sys.pipe2(1.5)],
  ['NaN', () => sys.tgkill(Number.NaN, 1, 1)],
  ['33 bits', () => sys.fchown(1, 2 ** 32, 0)],
  ['Infinity', () => sys.prctl(1, Infinity)],
  ['a flag that is no boolean', () => sys.setNonBlocking(1, 1 as never)],
])('%s is a TypeError, and no system call', (_what, call) => {
  expect(call).toThrow(TypeError);
});

test('it works in a worker thread beside the main thread', () => {
  const path = JSON.stringify(join(import.meta.dirname, 'load.ts'));
  const worker = `import(${path}).then(({ loadSys }) => console.log('worker', loadSys().pipe2(0).length))`;
  const script = `import { Worker } from 'node:worker_threads'; sys.pipe2(0); new Worker(${JSON.stringify(worker)}, { eval: true })`;
  expect(inFreshNode(script)).toBe('worker 2');
});
