import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { constants as os, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import fc from 'fast-check';
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

describe('listen', () => {
  test('a socket that keeps who connects waiting until somebody accepts', async () => {
    const path = join(folder, 'listening');
    const fd = sys.listen(path, 16);
    expect(statSync(path).isSocket()).toBe(true);
    expect(flagsOf(fd) & (closeOnExec | constants.O_NONBLOCK)).toBe(closeOnExec | constants.O_NONBLOCK);
    const early = connect(path);
    await once(early, 'connect');
    const server = createServer((socket) => socket.end('late'));
    server.listen({ fd });
    expect(await readAll(early)).toBe('late');
    server.close();
    await once(server, 'close');
  });

  test.each([
    ['there is something already', '.', 'EADDRINUSE'],
    ['the folder is missing', 'missing/s', 'ENOENT'],
    ['the path is longer than an address', 'x'.repeat(108), 'ENAMETOOLONG'],
    ['there is no path', '', 'EINVAL'],
  ] as const)('%s: refused, and no descriptor is left', (_what, name, code) => {
    const path = name === '' ? '' : join(folder, name);
    const before = readdirSync('/proc/self/fd').length;
    expectRefusal(() => sys.listen(path, 16), code, code === 'ENAMETOOLONG' || code === 'EINVAL' ? 'bind' : 'listen');
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
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

describe('spawn', () => {
  const waitFor = (pid: number): unknown => sys.waitid(pPid, pid, wExited);
  /** What a program writes to its descriptor `fd`. */
  const outputOf = (argv: readonly string[], fd = 1, env: readonly string[] = []): string => {
    const [reading, writing] = sys.pipe2(closeOnExec);
    const descriptors = Array<number>(Math.max(3, fd + 1)).fill(-1);
    descriptors[fd] = writing;
    const pid = sys.spawn(argv, env, descriptors, true);
    closeSync(writing);
    const text = readFileSync(reading, 'utf8');
    closeSync(reading);
    expect(waitFor(pid)).toMatchObject({ pid, code: 1, status: 0 });
    return text;
  };

  test('hands over arguments, environment and descriptors', () => {
    expect(outputOf(['/bin/sh', '-c', 'echo "$0 $A $B"', 'zero'], 1, ['A=1', 'B=zwölf'])).toBe('zero 1 zwölf\n');
    expect(outputOf(['/bin/bash', '-c', 'echo above standard error >&400'], 400)).toBe('above standard error\n');
  });

  test('what is not handed over of the first three is /dev/null', () => {
    expect(outputOf(['/bin/readlink', '/proc/self/fd/0'])).toBe('/dev/null\n');
    expect(outputOf(['/bin/readlink', '/proc/self/fd/2'])).toBe('/dev/null\n');
  });

  test('descriptors may stand in each other’s way', () => {
    const line = `'echo to output; echo to error >&2'`;
    const script = `sys.waitid(${pPid}, sys.spawn(['/bin/sh', '-c', ${line}], [], [0, 2, 1], false), ${wExited})`;
    expect(inFreshNode(script)).toBe('to error');
  });

  test('a session of its own where it is asked for; all signals are blocked', () => {
    expect(outputOf(['/bin/sh', '-c', 'set -- $(cat /proc/$$/stat); [ $6 = $$ ] && echo leader'])).toBe('leader\n');
    // SIGKILL and SIGSTOP cannot be.
    expect(outputOf(['/bin/grep', 'SigBlk', '/proc/self/status'])).toBe('SigBlk:\tfffffffffffbfeff\n');
    expect(readFileSync('/proc/self/status', 'utf8')).toContain('SigBlk:\t0000000000000000\n');
  });

  test('what the kernel refuses is thrown, and nothing is left of it', () => {
    expectRefusal(() => sys.spawn(['/missing'], [], [], false), 'ENOENT', 'execve');
    expectRefusal(() => sys.spawn([folder], [], [], false), 'EACCES', 'execve');
    expectRefusal(() => sys.spawn(['/bin/true'], [], [9999], false), 'EBADF', 'execve');
    expectRefusal(() => sys.spawn(['/bin/true', 'x'.repeat(200_000)], [], [], false), 'E2BIG', 'execve');
    expectRefusal(() => sys.waitid(pAll, 0, wExited | wNoHang), 'ECHILD', 'waitid');
  });

  test('text that would reach the program cut short is refused', () => {
    expectRefusal(() => sys.spawn(['/bin/true', 'a\0b'], [], [], false), 'EINVAL', 'spawn');
    expectRefusal(() => sys.spawn(['/bin/true'], ['A=\0'], [], false), 'EINVAL', 'spawn');
  });

  test.each([
    ['no program', () => sys.spawn([], [], [], false)],
    ['other things than text', () => sys.spawn([1 as never], [], [], false)],
    ['other things than numbers', () => sys.spawn(['/bin/true'], [], ['1' as never], false)],
    ['no boolean', () => sys.spawn(['/bin/true'], [], [], 1 as never)],
  ])('%s is a TypeError', (_what, call) => {
    expect(call).toThrow(TypeError);
  });
});

test('countByte: every occurrence, at every alignment and length', () => {
  const memory = Buffer.alloc(5000, 'abc\ndef\n\n');
  for (const start of [0, 1, 3, 7]) {
    for (const length of [0, 1, 7, 8, 9, 63, 2040, 2041, 4900]) {
      const bytes = memory.subarray(start, start + length);
      expect(sys.countByte(bytes, 10)).toBe(bytes.filter((byte) => byte === 10).length);
    }
  }
  expect(sys.countByte(Buffer.alloc(100_000, 0xff), 0xff)).toBe(100_000);
  expect(sys.countByte(Buffer.from([0x0b, 0x8a, 0x0a, 0x09, 0x0a, 0x0a, 0x0b, 0x0a]), 10)).toBe(4);
});

test.each([
  ['no bytes', () => sys.countByte('abc' as never, 10)],
  ['other numbers than bytes', () => sys.countByte(new Uint16Array(4) as never, 10)],
  ['no byte', () => sys.countByte(Buffer.alloc(1), 256)],
])('countByte of %s is a TypeError', (_what, call) => {
  expect(call).toThrow(TypeError);
});

describe('writeNow', () => {
  const withPipe = (use: (read: number, write: number) => void): void => {
    const [read, write] = sys.pipe2(constants.O_NONBLOCK);
    try {
      use(read, write);
    } finally {
      closeSync(read);
      closeSync(write);
    }
  };

  test('writes what there is room for, and tells how much that was', () => {
    withPipe((read, write) => {
      expect(sys.writeNow(write, Buffer.from('.abc.').subarray(1, 4))).toBe(3);
      const got = Buffer.alloc(10);
      expect([readSync(read, got), got.toString('latin1', 0, 3)]).toEqual([3, 'abc']);
      expect(sys.writeNow(write, Buffer.alloc(100_000))).toBe(65_536);
      expect(sys.writeNow(write, Buffer.alloc(1))).toBe(0);
    });
  });

  test('takes nothing, and throws nothing, where nothing can be written', () => {
    withPipe((read) => expect(sys.writeNow(read, Buffer.alloc(1))).toBe(0));
    expect(sys.writeNow(-1, Buffer.alloc(1))).toBe(0);
  });

  test('a pipe grows, and never shrinks', () => {
    withPipe((_read, write) => {
      expect([sys.growPipe(write, 1), sys.growPipe(write, 131_072), sys.growPipe(write, 65_536)]).toEqual([
        65_536, 131_072, 131_072,
      ]);
      expect(sys.writeNow(write, Buffer.alloc(200_000))).toBe(131_072);
    });
    expect(() => sys.growPipe(-1, 65_536)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test.each([
    ['text', () => sys.writeNow(1, 'a' as never)],
    ['no descriptor', () => sys.writeNow('1' as never, Buffer.alloc(1))],
    ['nothing', () => (sys.writeNow as () => unknown)()],
  ])('of %s is a TypeError', (_what, call) => {
    expect(call).toThrow(TypeError);
  });
});

describe('frameLines', () => {
  const frame = (
    text: string,
    { escape = false, size = 4096, before = '<', after = '>\n' } = {},
  ): string | undefined => {
    const target = Buffer.alloc(size + 16, '~');
    const parts = [
      Buffer.from(text, 'latin1'),
      target.subarray(0, size),
      Buffer.from(before),
      Buffer.from(after),
    ] as const;
    const length = sys.frameLines(...parts, escape);
    // What lies behind the target is somebody else's.
    expect(target.toString('latin1', size)).toBe('~'.repeat(16));
    return length === -1 ? undefined : target.toString('latin1', 0, length);
  };
  /** The same, in plain JavaScript. */
  const expected = (text: string, escape: boolean): string =>
    (text.endsWith('\n') ? text.slice(0, -1) : text)
      .split('\n')
      .map((line) => line.replace(/\r$/, ''))
      .map((line) => `<${escape ? JSON.stringify(line).slice(1, -1) : line}>\n`)
      .join('');

  test('puts something before and after each line, whatever its end', () => {
    expect(frame('a\r\n\nb\rc\r\r\nlast\n')).toBe('<a>\n<>\n<b\rc\r>\n<last>\n');
    expect(frame('')).toBe('');
  });

  test('escapes as JSON does', () => {
    const controls = String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code)).replace('\n', '');
    expect(frame(`${controls}"\\/\x7f\xe9\n`, { escape: true })).toBe(expected(`${controls}"\\/\x7f\xe9\n`, true));
  });

  test('says so when the target is too small, and writes nothing beyond it', () => {
    const text = 'some words, and "some more" of them\n'.repeat(3);
    for (const escape of [false, true]) {
      const { length } = expected(text, escape);
      for (let size = 0; size < length; size++) expect(frame(text, { escape, size })).toBe(undefined);
      expect(frame(text, { escape, size: length })).toBe(expected(text, escape));
    }
  });

  test('does for any bytes what JavaScript would', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((list) => Buffer.from(list).toString('latin1')),
      fc
        .array(fc.constantFrom('\n', '\r', '"', '\\', 'words of text', '\t'), { maxLength: 60 })
        .map((list) => list.join('')),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (text, escape) => {
        const lines = `${text}\n`;
        expect(frame(lines, { escape })).toBe(expected(lines, escape));
      }),
    );
  });

  test.each([0, 1, 15, 16, 17, 1024, 1025, 3000])('what is put around a line may have %s bytes', (length) => {
    const [before, after] = ['b'.repeat(length), `${'a'.repeat(length)}\n`];
    const result = `${before}one${after}${before}${after}`;
    const around = { before, after };
    expect(frame('one\n\n', { ...around, size: result.length })).toBe(result);
    expect(frame('one\n\n', { ...around, size: 20_000 })).toBe(result);
    expect(frame('one\n\n', { ...around, size: result.length - 1 })).toBe(undefined);
  });

  test.each([
    ['text', () => sys.frameLines('a' as never, Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1), false)],
    ['no flag', () => sys.frameLines(Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1), 1 as never)],
    ['too little', () => (sys.frameLines as () => unknown)()],
  ])('of %s is a TypeError', (_what, call) => {
    expect(call).toThrow(TypeError);
  });
});

test('trimming memory lets go of the pages of the program, and it runs on', () => {
  const resident = `Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1])`;
  const answer = inFreshNode(`
    import { readFileSync } from 'node:fs';
    import { createHash } from 'node:crypto';
    const hash = () => createHash('sha256').update('as before').digest('hex');
    const [kept, before] = [hash(), ${resident}];
    sys.trimMemory();
    const after = ${resident};
    console.log(JSON.stringify({ isLess: after < 0.6 * before, isSame: hash() === kept }));
  `);
  expect(JSON.parse(answer)).toEqual({ isLess: true, isSame: true });
});

test.each([
  ['nothing', () => (sys.waitid as () => unknown)()],
  ['a string', () => sys.pipe2('1' as never)],
  ['a fraction', () => sys.pipe2(1.5)],
  ['NaN', () => sys.tgkill(Number.NaN, 1, 1)],
  ['33 bits', () => sys.fchown(1, 2 ** 32, 0)],
  ['Infinity', () => sys.prctl(1, Infinity)],
  ['a flag that is no boolean', () => sys.setNonBlocking(1, 1 as never)],
  ['a path that is none', () => sys.listen(1 as never, 1)],
  ['no backlog', () => sys.listen('/x', '1' as never)],
])('%s is a TypeError, and no system call', (_what, call) => {
  expect(call).toThrow(TypeError);
});

test('it works in a worker thread beside the main thread', () => {
  const path = JSON.stringify(join(import.meta.dirname, 'load.ts'));
  const worker = `import(${path}).then(({ loadSys }) => console.log('worker', loadSys().pipe2(0).length))`;
  const script = `import { Worker } from 'node:worker_threads'; sys.pipe2(0); new Worker(${JSON.stringify(worker)}, { eval: true })`;
  expect(inFreshNode(script)).toBe('worker 2');
});
