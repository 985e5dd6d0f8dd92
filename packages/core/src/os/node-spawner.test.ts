import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { loadSys, type Sys } from '@pm-supervisor/native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SpawnError } from '../errors.ts';
import { createNodeSpawner } from './node-spawner.ts';
import { fixture, firstLines, modes, requestOf, run, sh, spawnerOf } from './fixtures/spawning.ts';
import type { Credentials } from '../plan/spec.ts';
import { readStat } from './proc-stat.ts';
import type { Spawner, SpawnRequest } from './spawner.ts';

const nobody: Credentials = { uid: 65534, gid: 65534, groups: [65534, 4, 33], name: 'nobody', home: '/nonexistent' };
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-spawn-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(modes)('starting $mode', ({ helper }) => {
  let spawner: Spawner;
  let descriptors: number;
  beforeEach(() => {
    spawner = spawnerOf(helper);
    descriptors = countDescriptors();
  });
  afterEach(async () => {
    await expect.poll(countDescriptors).toBe(descriptors);
    expect(childrenOfOurs()).toEqual([]);
  });

  async function refused(request: SpawnRequest): Promise<SpawnError> {
    const error: unknown = await spawner.spawn(request).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SpawnError);
    return error as SpawnError;
  }

  test('the command gets exactly its arguments and its environment', async () => {
    const { out } = await run(
      spawner,
      [
        'perl',
        '-e',
        'print join("|", @ARGV, map { "$_=$ENV{$_}" } grep { !/^PM_CHILD$/ } sort keys %ENV)',
        'a b',
        '',
        '$x',
      ],
      {
        env: { PATH: '/usr/bin', 'with.dot': '1', B: 'two\nlines' },
      },
    );
    expect(out).toBe('a b||$x|B=two\nlines|PATH=/usr/bin|with.dot=1');
  });

  test('the pid is that of the service itself, leader of its own group', async () => {
    const child = await spawner.spawn(requestOf(sh('echo $$; exec sleep 100')));
    expect(await firstLines(child, 1)).toEqual([String(child.pid)]);
    expect(readStat(child.pid)).toMatchObject({ pid: child.pid, group: child.pid });
    child.kill('SIGKILL', 'mixed');
    await child.ended;
    child.closeOutput();
  });

  test('a relative command counts from the working directory', async () => {
    writeFileSync(join(folder, 'here'), '#!/bin/sh\npwd', { mode: 0o755 });
    expect((await run(spawner, ['./here'], { cwd: folder })).out.trim()).toBe(folder);
  });

  test('a script without a first line runs as a shell script', async () => {
    writeFileSync(join(folder, 'plain'), 'echo as a script', { mode: 0o755 });
    expect((await run(spawner, [join(folder, 'plain')])).out).toBe('as a script\n');
  });

  test('[line 32] outputs are real pipes that can be opened again through /dev/stdout', async () => {
    const { out, err } = await run(
      spawner,
      sh('echo one > /dev/stdout; echo two > /proc/self/fd/2; stat -L -c %F /dev/fd/1'),
    );
    expect([out, err]).toEqual(['one\nfifo\n', 'two\n']);
  });

  test.runIf(isRoot)('[line 32] and also by a service of another user', async () => {
    const { out, err } = await run(spawner, sh('echo one > /dev/stdout; echo two > /dev/stderr'), {
      os: { credentials: nobody },
    });
    expect([out, err]).toEqual(['one\n', 'two\n']);
  });

  test('descriptors in between are not open in the child', async () => {
    const { out } = await run(spawner, sh('ls /proc/$$/fd'), { notifyFd: 9 });
    // Higher ones may come from whoever started the tests.
    expect(
      out
        .trim()
        .split('\n')
        .filter((fd) => Number(fd) < 16),
    ).toEqual(['0', '1', '2', '9']);
  });

  test.each([3, 4, 17])('a notification descriptor may have any number: %i', async (notifyFd) => {
    const child = await spawner.spawn(
      requestOf(['perl', '-e', `open(my $f, ">&=", ${notifyFd}) or die; print $f "up\\n"`], { notifyFd }),
    );
    const chunks = await child.notify?.toArray();
    expect(String(chunks)).toBe('up\n');
    await child.ended;
    child.closeOutput();
  });

  const notifier =
    'use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); my $to = $ENV{NOTIFY_SOCKET}; $to =~ s/^@/\\0/; send($s, $_, 0, pack_sockaddr_un($to)) or die "$to: $!" for @ARGV';

  test('messages of sd_notify arrive as they were sent, and the service has no descriptor of ours', async () => {
    const request = requestOf(
      [
        'perl',
        '-e',
        `${notifier}; print join " ", sort { $a <=> $b } map { m{(\\d+)$} } grep { readlink } glob "/proc/$$/fd/*"`,
        'STATUS=loading',
        'READY=1\nSTATUS=up',
      ],
      {
        notifySocket: true,
      },
    );
    if (!helper) {
      const error = await refused(request);
      expect([error.stage, error.message]).toEqual([
        'pipes',
        'cannot start "case-1": its "ready: {notify: true}" cannot be heard without the native helper',
      ]);
      return expect(error.hint).toContain('Use another source of readiness');
    }
    const child = await spawner.spawn(request);
    const [messages, out] = await Promise.all([text(child.notify as Readable), text(child.stdout as Readable)]);
    expect(messages).toBe('STATUS=loading\nREADY=1\nSTATUS=up\n');
    expect(out.split(' ').filter((fd) => Number(fd) < 16)).toEqual(['0', '1', '2', '3']);
    await child.ended;
    child.closeOutput();
  });

  test('a notification descriptor beyond the limit is refused', async () => {
    const error = await refused(requestOf(['true'], { notifyFd: 2 ** 30 }));
    expect([error.stage, error.errno]).toEqual(['pipes', 'EBADF']);
  });

  test('standard input is empty, or a file, or a named pipe that nobody writes to yet', async () => {
    writeFileSync(join(folder, 'input'), 'from a file');
    expect((await run(spawner, ['cat'])).out).toBe('');
    expect((await run(spawner, ['cat'], { stdin: { kind: 'path', path: join(folder, 'input') } })).out).toBe(
      'from a file',
    );
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const child = await spawner.spawn(
      requestOf(sh('read -r line; echo "got $line"'), { stdin: { kind: 'path', path: join(folder, 'fifo') } }),
    );
    const lines = firstLines(child, 1);
    writeFileSync(join(folder, 'fifo'), 'late\n');
    expect(await lines).toEqual(['got late']);
    await child.ended;
    child.closeOutput();
  });

  test('standard input that cannot be opened is refused', async () => {
    const missing = await refused(requestOf(['cat'], { stdin: { kind: 'path', path: join(folder, 'missing') } }));
    expect([missing.stage, missing.errno]).toEqual(['stdin', 'ENOENT']);
    const directory = await refused(requestOf(['cat'], { stdin: { kind: 'path', path: folder } }));
    expect([directory.stage, directory.errno]).toEqual(['stdin', 'EISDIR']);
  });

  test('[line 12] what cannot be started is refused with its stage, its errno and what to do', async () => {
    writeFileSync(join(folder, 'not-executable'), '');
    writeFileSync(join(folder, 'bad-interpreter'), '#!/no/such/program\n', { mode: 0o755 });
    writeFileSync(join(folder, 'file'), '');
    const cases: [SpawnRequest, string, string, RegExp][] = [
      [
        requestOf(['pm-no-such']),
        'resolve',
        'ENOENT',
        /"pm-no-such" is in none of the directories of PATH \(\/usr\/bin:\/bin\)/,
      ],
      [requestOf(['/no/such']), 'resolve', 'ENOENT', /\/no\/such does not exist/],
      [requestOf([join(folder, 'not-executable')]), 'resolve', 'EACCES', /may not be executed/],
      [requestOf([folder]), 'resolve', 'EACCES', /is a directory/],
      [requestOf([join(folder, 'bad-interpreter')]), 'exec', 'ENOENT', /the program that should run it is not/],
      [requestOf(['true'], { cwd: join(folder, 'missing') }), 'working_dir', 'ENOENT', /does not exist/],
      [requestOf(['true'], { cwd: join(folder, 'file') }), 'working_dir', 'ENOTDIR', /is not a directory/],
      [requestOf(['true', 'x'.repeat(3_000_000)]), 'exec', 'E2BIG', /too long/],
      [requestOf(['true', 'nul\0byte']), 'exec', 'EINVAL', /cannot be executed/],
    ];
    for (const [request, stage, errno, message] of cases) {
      const error = await refused(request);
      expect([error.stage, error.errno], error.message).toEqual([stage, errno]);
      expect(error.message).toMatch(message);
      expect(error.message).toMatch(/^cannot start "case-1": /);
    }
  });

  test.runIf(isRoot)('a service runs as its user, with its groups and no others', async () => {
    const { out } = await run(spawner, sh('id -u; id -g; id -G'), { os: { credentials: nobody } });
    expect(out).toBe('65534\n65534\n65534 4 33\n');
  });

  test.runIf(isRoot)('a user without further groups has none of ours', async () => {
    const { out } = await run(spawner, sh('id -G; grep ^Groups /proc/self/status'), {
      os: { credentials: { ...nobody, groups: [65534] } },
    });
    expect(out).toMatch(/^65534\nGroups:\s*(65534\s*)?\n$/);
  });

  test('umask, nice, oom_score_adj and limits are set before the first instruction', async () => {
    const nice = getPriority() + 5;
    const { out } = await run(
      spawner,
      sh('umask; nice; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; ulimit -c'),
      {
        os: {
          umask: 0o027,
          nice,
          oomScoreAdj: 700,
          limits: { nofile: { soft: 100, hard: 200 }, core: { soft: 0, hard: 0 } },
        },
      },
    );
    expect(out).toBe(`0027\n${nice}\n700\n100\n200\n0\n`);
  });

  test('our own settings are as before', async () => {
    const before = [process.umask(), getPriority(), readOwn('oom_score_adj')];
    await run(spawner, ['true'], { os: { umask: 0o077, nice: getPriority() + 1, oomScoreAdj: 500 } });
    expect([process.umask(), getPriority(), readOwn('oom_score_adj')]).toEqual(before);
  });

  test.runIf(isRoot)('everything at once: a user, limits and nice', async () => {
    const { out } = await run(spawner, sh('id -u; ulimit -n; nice; umask'), {
      os: { credentials: nobody, nice: getPriority() + 3, umask: 0o002, limits: { nofile: { soft: 64, hard: 64 } } },
    });
    expect(out).toBe(`65534\n64\n${getPriority() + 3}\n0002\n`);
  });

  test('a limit that may not be raised is refused, never left out', async () => {
    const withoutCapability = /^CapEff:\s*[0-9a-f]*(?<bits>[0-9a-f]{8})$/m.exec(readOwn('status'))?.groups?.['bits'];
    const mayRaise = (Number.parseInt(withoutCapability ?? '0', 16) >> 24) & 1;
    const request = requestOf(['true'], { os: { limits: { nofile: { soft: 2 ** 31, hard: 2 ** 31 } } } });
    const error = await refused(request).catch(() => undefined);
    // With the capability the kernel's own ceiling (fs.nr_open) still refuses it.
    if (mayRaise && !error) return;
    expect([error?.stage, error?.errno]).toEqual(['limits', 'EPERM']);
    expect(error?.hint).toMatch(/CAP_SYS_RESOURCE/);
  });

  test('a hundred at once start, end and leave no descriptor behind', async () => {
    const ends = await Promise.all(
      Array.from({ length: 100 }, (_, index) => run(spawner, sh(`echo ${index}; exit ${index}`))),
    );
    expect(ends.map((end) => end.code)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(ends.map((end) => end.out)).toEqual(Array.from({ length: 100 }, (_, index) => `${index}\n`));
  });

  test('a signal that ends the main process by itself is named', async () => {
    for (const signal of ['SEGV', 'ABRT', 'KILL', 'USR1'] as const) {
      expect(
        await run(spawner, sh(`kill -${signal} $$`), { os: { limits: { core: { soft: 0, hard: 0 } } } }),
      ).toMatchObject({ code: null, signal: `SIG${signal}` });
    }
  });

  test('a command with inherited output gets no streams of ours', async () => {
    const { code, out } = await run(spawner, ['true'], { output: 'inherit', stdin: { kind: 'inherit' } });
    expect([code, out]).toEqual([0, '']);
  });
});

test.runIf(isRoot)('a directory that only we may enter is refused for the service, by the helper', async () => {
  chmodSync(folder, 0o700);
  const request = requestOf(['true'], { cwd: folder, os: { credentials: nobody } });
  await expect(spawnerOf(true).spawn(request)).rejects.toMatchObject({
    stage: 'working_dir',
    errno: 'EACCES',
    message: expect.stringMatching(/user "nobody" \(uid 65534\)/),
  });
});

describe('a terminal', () => {
  test('is the controlling one, has a size, and its end is an end', async () => {
    const spawner = spawnerOf(true);
    const { out, code, err } = await run(spawner, sh('test -t 0 && test -t 2 && stty size < /dev/tty; exit 4'), {
      tty: true,
    });
    expect([out, err, code]).toEqual(['24 80\r\n', '', 4]);
  });

  test.runIf(isRoot)('can be opened by a service of another user', async () => {
    const { out } = await run(spawnerOf(true), sh('echo again > $(tty)'), { tty: true, os: { credentials: nobody } });
    expect(out).toBe('again\r\n');
  });

  test('without the helper it is refused, and says what is missing', async () => {
    const error: unknown = await spawnerOf(false)
      .spawn(requestOf(['true'], { tty: true }))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ stage: 'terminal', message: expect.stringMatching(/native helper/) });
  });
});

test('what this machine offers is told', () => {
  expect(spawnerOf(true).abilities).toMatchObject({
    helper: true,
    containment: 'subreaper',
    tty: true,
    limits: true,
    pipes: 'pipe',
  });
  expect(spawnerOf(false).abilities).toMatchObject({
    helper: false,
    helperReason: 'turned off',
    containment: 'process-tree',
    tty: false,
    pipes: 'fifo',
  });
});

test('a helper that may not be executed here is done without, which is told once', async () => {
  const warnings: string[] = [];
  const helper = { path: '/etc/passwd', sys: loadSys() as Sys };
  const spawner = createNodeSpawner({ helper, onWarning: (warning) => warnings.push(warning.text) });
  const ends = await Promise.all([run(spawner, sh('exit 3')), run(spawner, sh('exit 4'))]);
  expect(ends.map(({ code }) => code)).toEqual([3, 4]);
  expect(warnings).toEqual(['svexec cannot be executed (EACCES): services are started without it']);
  expect(spawner.abilities).toMatchObject({
    helper: false,
    helperReason: 'svexec cannot be executed (EACCES)',
    pipes: 'pipe',
  });
});

test('where no pipe can be made services get sockets, which is told once', async () => {
  const warnings: string[] = [];
  const spawner = spawnerOf(false, { pipeFolders: ['/proc'], onWarning: (warning) => warnings.push(warning.text) });
  const child = await spawner.spawn(requestOf(sh('echo out; echo err >&2; echo up >&7'), { notifyFd: 7 }));
  const streams = [child.stdout, child.stderr, child.notify].map((stream) => text(stream as Readable));
  expect(await Promise.all(streams)).toEqual(['out\n', 'err\n', 'up\n']);
  await child.ended;
  await run(spawner, ['true']);
  expect(warnings).toEqual([expect.stringMatching(/sockets instead of pipes .*no named pipe can be made in \/proc/)]);
  expect(spawner.abilities.pipes).toBe('socketpair');
});

test('the fixtures of the conformance suite are where it looks for them', () => {
  expect(readdirSync(fixture('.')).filter((name) => name.endsWith('.sh')).length).toBeGreaterThan(4);
});

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function childrenOfOurs(): string[] {
  return readOwn(`task/${process.pid}/children`).split(' ').filter(Boolean);
}

function readOwn(name: string): string {
  return readFileSync(`/proc/self/${name}`, 'utf8');
}
