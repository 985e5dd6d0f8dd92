/** What svexec does to a process before it becomes the service. Needs root, as PID 1 of a container has it. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
  chmodSync,
  constants,
} from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { describe, expect, test } from 'vitest';
import { loadSys } from './load.ts';
import type { Sys } from './sys.ts';
import { follow, freshPath, run, shell, startSvexec, svexec } from './testing/svexec.ts';

const nobody = 65534;

/** A line of /proc/self/status of the service. */
function statusLine(key: string): string[] {
  return shell(`grep "^${key}:" /proc/self/status | tr -d '\\t'`);
}

describe.each([
  ['become', []],
  ['monitor', ['-S']],
])('%s', (_mode, mode) => {
  const output = async (options: string[], command: string[]): Promise<string> =>
    (await run([...mode, ...options], command)).output;
  const lastLine = async (options: string[], command: string[]): Promise<string | undefined> =>
    (await run([...mode, ...options], command)).status.at(-1);

  test('user, group and supplementary groups are the ones given', async () => {
    const words = shell('grep -E "^(Uid|Gid|Groups)" /proc/self/status | tr "\\t" " "');
    expect(await output(['-u', '1234', '-g', '2345', '-G', '5,6,4294967294'], words)).toBe(
      'Uid: 1234 1234 1234 1234\nGid: 2345 2345 2345 2345\nGroups: 5 6 4294967294 \n',
    );
  });

  test("groups: '' leaves none", async () => {
    expect(await output(['-G', ''], statusLine('Groups'))).toBe('Groups: \n');
  });

  test('nice, umask and oom_score_adj are set before the user changes', async () => {
    const words = shell('nice; umask; cat /proc/self/oom_score_adj');
    expect(await output(['-n', '-3', '-m', '027', '-o', '321', '-u', '65534'], words)).toBe('-3\n0027\n321\n');
  });

  test('limits are there from the first instruction, of which "inf" and -1 are none', async () => {
    const words = shell('ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc; ulimit -St');
    expect(await output(['-r', '7:100:200', '-r', '4:0:inf', '-r', '0:77:-1'], words)).toBe(
      '100\n200\n0\nunlimited\n77\n',
    );
  });

  test('no-new-privileges', async () => {
    expect(await output(['-N'], statusLine('NoNewPrivs'))).toBe('NoNewPrivs:1\n');
    expect(await output([], statusLine('NoNewPrivs'))).toBe('NoNewPrivs:0\n');
  });

  test('signals are at their defaults and unblocked, whatever the caller ignores', async () => {
    const trapping = ['/usr/bin/perl', '-e', '$SIG{$_} = "IGNORE" for qw(PIPE INT TERM USR1); exec @ARGV'];
    const words = shell('grep -E "^Sig(Blk|Ign|Cgt)" /proc/$$/status | cut -f2');
    const result = await run(mode, ['/bin/grep', 'grep', '^Sig[BI]', '/proc/self/status'], { prefix: trapping });
    expect(result.output).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
    expect((await run(mode, words)).output).toMatch(/^0{16}\n0{16}\n/);
  });

  test('the service leads a group of its own', async () => {
    const started = startSvexec(mode, perlWords('print "$$ ", getpgrp'));
    const pid = (await started.line('P ')).slice(2);
    expect((await started.ended).output).toBe(`${pid} ${pid}`);
  });

  test('-s: it leads a session too', async () => {
    const started = startSvexec([...mode, '-s'], shell('cut -d" " -f5,6 /proc/$$/stat'));
    const pid = (await started.line('P ')).slice(2);
    expect((await started.ended).output).toBe(`${pid} ${pid}\n`);
  });

  test('-d: the directory is entered as the service: what only root may enter is a failure', async () => {
    const closed = freshPath();
    mkdirSync(closed);
    chmodSync(closed, 0o700);
    expect(await output(['-d', closed], shell('pwd'))).toBe(`${closed}\n`);
    expect(await lastLine(['-d', closed, '-u', '65534'], shell('pwd'))).toBe(`E cwd ${os.errno.EACCES}`);
  });

  test('the status descriptor does not reach the service', async () => {
    expect(await output([], shell('[ -e /proc/$$/fd/3 ] || echo closed'))).toBe('closed\n');
  });

  test('the environment is handed on untouched, and so are odd words', async () => {
    const words = ['/usr/bin/env', 'env', '-i', 'A=', 'B=ü=ü', 'env'];
    expect(Buffer.from(await output([], words), 'latin1').toString()).toBe('A=\nB=ü=ü\n');
    expect(await output([], ['/bin/echo', 'not-echo', '', '--', '-S', ' '])).toBe(' -- -S  \n');
  });

  test("a script without #! runs under the shell, as execvp's rule is", async () => {
    const script = freshPath();
    writeFileSync(script, 'echo "$0" "$1"; exit 9\n', { mode: 0o755 });
    const result = await run(mode, [script, 'ignored', 'first']);
    expect(result).toMatchObject({ output: `${script} first\n`, code: 9 });
  });

  test('-c: it is in the cgroups before it runs', async () => {
    const groups = makeCgroups();
    try {
      const words = groups.flatMap((group) => ['-c', join(group, 'cgroup.procs')]);
      const name = groups[0]?.split('/').at(-1) ?? '';
      const lines = (await output(words, shell('cat /proc/self/cgroup')))
        .split('\n')
        .filter((line) => line.endsWith(name));
      expect(lines).toHaveLength(groups.length);
    } finally {
      for (const group of groups) rmdirSync(group);
    }
  });

  test.each<[string, number, string[], string]>([
    ['E exec 2', 127, [], '/does/not/exist'],
    ['E exec 13', 126, [], '/etc/passwd'],
    ['E exec 13', 126, ['-u', '65534'], '/root/anything'],
    ['E cwd 2', 126, ['-d', '/does/not/exist'], '/bin/true'],
    ['E cwd 20', 126, ['-d', '/etc/passwd'], '/bin/true'],
    ['E limits 22', 126, ['-r', '63:1:1'], '/bin/true'],
    ['E limits 22', 126, ['-r', '7:9:8'], '/bin/true'],
    ['E cgroup 2', 126, ['-c', '/does/not/exist'], '/bin/true'],
    ['E oom_score_adj 22', 126, ['-o', '2000'], '/bin/true'],
    ['E terminal 25', 126, ['-t'], '/bin/true'],
  ])('a failure is named: %s, exit code %i, for %j %s', async (failure, code, options, path) => {
    const result = await run([...mode, ...options], [path, 'word']);
    expect(result).toMatchObject({ code, signal: null, status: [expect.stringMatching(/^P \d+$/), failure] });
  });

  test.each([
    ['E groups', ['-G', '5']],
    ['E gid', ['-g', '5']],
    ['E uid', ['-u', '5']],
    ['E nice', ['-n', '-5']],
    ['E limits', ['-r', '4:0:0', '-r', '4:0:inf']],
  ])('without privileges the kernel refuses, and nothing runs: %s', async (stage, options) => {
    const result = await run([...mode, ...options], shell('echo ran'), { uid: nobody });
    expect(result.output).toBe('');
    expect(result.status.at(-1)).toMatch(new RegExp(`^${stage} (${os.errno.EPERM}|${os.errno.EACCES})$`));
  });

  test('-P: it gets the signal when its parent dies', async () => {
    const marker = freshPath();
    const script = `trap 'echo got > ${marker}; exit' USR1; echo ready; while :; do sleep 0.02; done`;
    const parent = ['/usr/bin/perl', 'perl', '-e', 'if (!fork) { exec @ARGV } sleep 20'];
    const outer = startSvexec([], [...parent, svexec, '-P', String(os.signals.SIGUSR1), '--', ...shell(script)]);
    await outer.outputHas('ready');
    outer.process.kill('SIGKILL');
    await outer.ended;
    expect(existsSync(marker) && readFileSync(marker, 'utf8')).toBe('got\n');
  });

  test('-t: descriptor 0 is the controlling terminal, with its size, its Ctrl-C and its end', async () => {
    const sys = loadSys() as Sys;
    const terminal = sys.openTerminal();
    const other = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
    sys.setWindowSize(terminal.fd, 33, 44);
    const script =
      'trap "echo interrupted; exit 5" INT; stty size; tty; echo x > /dev/tty; while :; do sleep 0.02; done';
    const started = startSvexec([...mode, '-s', '-t'], shell(script), { stdio: [other, other, other] });
    closeSync(other);
    const screen = new ReadStream(terminal.fd);
    let text = '';
    const gone = new Promise<string>((resolve) => {
      screen.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
    screen.on('data', (chunk) => {
      text += chunk.toString();
      if (text.endsWith('x\r\n')) screen.write('\x03');
    });
    expect((await started.ended).code).toBe(5);
    expect(await gone).toBe('EIO');
    expect(text).toBe(`33 44\r\n${terminal.path}\r\nx\r\n^Cinterrupted\r\n`);
    screen.destroy();
  });
});

test('-f: the service has the foreground of the terminal, and its end hands it back', async () => {
  const sys = loadSys() as Sys;
  const terminal = sys.openTerminal();
  const other = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  const report = `use POSIX; print $ARGV[0], POSIX::tcgetpgrp(0) == getpgrp() ? " foreground\\n" : " background\\n"`;
  const inner = `${svexec} -S -f -- /usr/bin/perl perl -e '${report}' service`;
  const script = `perl -e '${report}' before; ${inner}; perl -e '${report}' after`;
  const started = startSvexec(['-t'], shell(script), { stdio: [other, other, other] });
  closeSync(other);
  const screen = new ReadStream(terminal.fd);
  let text = '';
  screen.on('data', (chunk) => (text += chunk.toString()));
  const gone = new Promise<void>((resolve) => screen.on('error', () => resolve()));
  await started.ended;
  await gone;
  expect(text).toBe('before foreground\r\nservice foreground\r\nafter foreground\r\n');
  screen.destroy();
});

test.each([
  ['no command', ['-S', '--']],
  ['a path without argv[0]', ['--', '/bin/true']],
  ['no --', ['-S']],
  ['an unknown option', ['-x', '--', '/bin/true', 'true']],
  ['options in one word', ['-Ss', '--', '/bin/true', 'true']],
  ['a number with a tail', ['-n', '5x', '--', '/bin/true', 'true']],
  ['an octal digit too far', ['-m', '028', '--', '/bin/true', 'true']],
  ['a limit of two parts', ['-r', '7:1', '--', '/bin/true', 'true']],
  ['a negative limit', ['-r', '7:-2:1', '--', '/bin/true', 'true']],
  ['an overflowing id', ['-u', '99999999999999999999', '--', '/bin/true', 'true']],
  ['the id that means "no change"', ['-u', '4294967295', '--', '/bin/true', 'true']],
  ['groups that end with a comma', ['-G', '1,', '--', '/bin/true', 'true']],
  ['foreground and session', ['-f', '-s', '--', '/bin/true', 'true']],
])('usage: %s is refused with 64', async (_what, words) => {
  const result = await follow(svexec, ['-i', '3', ...words]).ended;
  expect(result.code).toBe(64);
  expect(result.status).toEqual([`E usage ${os.errno.EINVAL}`]);
  expect(result.output).toContain('README');
});

function perlWords(script: string): string[] {
  return ['/usr/bin/perl', 'perl', '-e', script];
}

/** One group in each v1 hierarchy there is, else one in v2. */
function makeCgroups(): string[] {
  const roots = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/pids'].filter((path) => existsSync(path));
  const groups = (roots.length > 0 ? roots : ['/sys/fs/cgroup']).map((root) =>
    join(root, `svexec-test-${process.pid}`),
  );
  for (const group of groups) mkdirSync(group);
  return groups;
}
