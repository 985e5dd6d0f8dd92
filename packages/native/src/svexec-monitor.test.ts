/** `svexec -S`: the subreaper of one service, in its ordinary life. */
import { execFileSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants as os } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  expectGone,
  freshPath,
  perl,
  pidsIn,
  run,
  shell,
  startSvexec,
  survivors,
  svexec,
  until,
} from './testing/svexec.ts';
import type { Running } from './testing/svexec.ts';

const hurry = 42;
const noGrace = 50;
const killMain = 33;
const toGroup = (signal: number): number => 33 + signal;

/** Starts a script that says "ready" when its traps are set, and waits for that. */
async function startReady(options: readonly string[], script: string, ...words: string[]): Promise<Running> {
  const started = startSvexec(['-S', ...options], shell(script, ...words));
  await started.outputHas('ready');
  return started;
}

async function servicePid(started: Running): Promise<number> {
  return Number((await started.line('P ')).slice(2));
}

/** Everything that belongs to the start is done. */
async function asleep(started: Running): Promise<void> {
  await started.line('R');
  await until(() => /\) S /.test(readFileSync(`/proc/${started.pid}/stat`, 'latin1')));
}

function statusField(pid: number, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

const forever = 'while :; do sleep 0.02; done';

describe('the end of the main process', () => {
  test.each([0, 1, 7, 127, 255])('exit code %i is its own exit code', async (code) => {
    const result = await run(['-S'], shell(`exit ${code}`));
    expect(result).toMatchObject({ code, signal: null });
    expect(result.status).toEqual([expect.stringMatching(/^P \d+$/), 'R', `D ${code} 0`, 'L 0']);
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGHUP', 'SIGPIPE', 'SIGALRM'] as const)(
    '%s ends it by the same signal',
    async (signal) => {
      const result = await run(['-S'], shell(`kill -${signal.slice(3)} $$`));
      expect(result).toMatchObject({ code: null, signal });
      expect(result.status.slice(1)).toEqual(['R', `D 0 ${os.signals[signal]}`, 'L 0']);
    },
  );

  test('a real-time signal is in the status, where Node reports code 0', async () => {
    expect((await run(['-S'], shell('kill -40 $$'))).status).toContain('D 0 40');
  });

  test('no second core dump is written over that of the service', async () => {
    const folder = freshPath();
    mkdirSync(folder);
    const limits = ['/usr/bin/prlimit', '--core=unlimited'];
    const result = await run(['-S', '-d', folder, '-r', '4:0:0'], shell('kill -SEGV $$'), { prefix: limits });
    expect(result.signal).toBe('SIGSEGV');
    expect(existsSync(`${folder}/core`)).toBe(false);
  });

  test('kill -9 is told of without delay', async () => {
    const latencies: number[] = [];
    for (let i = 0; i < 20; i++) {
      const started = startSvexec(['-S'], ['/bin/sleep', 'sleep', '20']);
      await started.line('R');
      const ended = new Promise((resolve) => started.process.on('exit', resolve));
      const killed = performance.now();
      process.kill(await servicePid(started), 'SIGKILL');
      await ended;
      latencies.push(performance.now() - killed);
      expect((await started.ended).status.slice(2)).toEqual(['D 0 9', 'L 0']);
    }
    const median = latencies.toSorted((a, b) => a - b)[10];
    console.log(`kill -9 of the service → Node knows that nothing is left: ${median?.toFixed(2)} ms`);
  });

  test('it comes at once, and stdout ends with it', async () => {
    const started = startSvexec(['-S', '-w', '5000'], shell('echo out; exec 1>&- 2>&-; sleep 0.2'));
    await new Promise((resolve) => started.process.stdout!.on('end', resolve));
    expect(started.status()).not.toContain('D 0 0');
    await started.ended;
  });
});

describe('signals', () => {
  test.each([
    'SIGTERM',
    'SIGINT',
    'SIGQUIT',
    'SIGHUP',
    'SIGUSR1',
    'SIGUSR2',
    'SIGWINCH',
    'SIGCONT',
    'SIGALRM',
    'SIGPIPE',
    'SIGTSTP',
    'SIGTTOU',
    'SIGURG',
  ] as const)('%s is passed on to the main process alone', async (signal) => {
    const name = signal.slice(3);
    const script = `(trap 'echo child got it' ${name}; ${forever}) & trap 'echo got it; exit 4' ${name}; echo ready; ${forever}`;
    const started = await startReady(['-w', '0'], script);
    started.process.kill(signal);
    const result = await started.ended;
    expect(result).toMatchObject({ code: 4, output: 'ready\ngot it\n' });
  });

  test('33 + N reaches the whole group', async () => {
    const script = `(trap 'echo child; exit' USR1; echo rea; ${forever}) & trap 'echo main; wait; exit 4' USR1; sleep 0.05; echo ready; ${forever}`;
    const started = await startReady([], script);
    started.request(toGroup(os.signals.SIGUSR1));
    const result = await started.ended;
    expect(result.code).toBe(4);
    expect(result.output).toContain('child\n');
    expect(result.output).toContain('main\n');
  });

  test('33 + N reaches a group that is a session', async () => {
    const started = await startReady(['-s'], `trap 'exit 4' USR1; echo ready; ${forever}`);
    started.request(toGroup(os.signals.SIGUSR1));
    expect((await started.ended).code).toBe(4);
  });

  test('33 + SIGSTOP and SIGCONT stop and continue the group', async () => {
    // not a shell: its vfork cannot stop while its child is stopped before exec
    const script = `$| = 1; $SIG{USR1} = sub { print "went on\n"; exit 4 }; print "ready\n"; sleep 1 while 1`;
    const started = startSvexec(['-S'], ['/usr/bin/perl', 'perl', '-e', script]);
    await started.outputHas('ready');
    const pid = await servicePid(started);
    started.request(toGroup(os.signals.SIGSTOP));
    await until(() => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    started.process.kill('SIGUSR1');
    started.request(toGroup(os.signals.SIGCONT));
    expect((await started.ended).output).toBe('ready\nwent on\n');
  });

  test('33 kills the main process alone; what is left has its grace', async () => {
    const file = freshPath();
    const script = `(trap "echo child had time >> $1; exit" TERM; echo ready; ${forever}) & ${forever}`;
    const started = await startReady([], script, file);
    started.request(killMain);
    const result = await started.ended;
    expect(result.status[2]).toBe('D 0 9');
    expect(readFileSync(file, 'utf8')).toBe('child had time\n');
  });

  test('42 kills the main process and all descendants at once', async () => {
    const file = freshPath();
    const started = startSvexec(['-S', '-w', '20000'], perl('escape.pl', file, 'ignored signals', 'stay'));
    await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
    const pid = await servicePid(started);
    started.request(hurry);
    const result = await started.ended;
    expect(result.status.slice(2)).toEqual(['D 0 9', 'L 1']);
    expect(survivors([pid, ...pidsIn(file)])).toEqual([]);
  });

  test.each([
    ['before the main process ends', 'R'],
    ['while it waits for what is left', 'D '],
  ])('50 ends the grace %s', async (_when, line) => {
    const started = await startReady(
      ['-w', '20000'],
      `(trap '' TERM; echo ready; sleep 0.05; ${forever}) & sleep 0.1; exit 3`,
    );
    await started.line(line);
    started.request(noGrace);
    expect((await started.ended).status.slice(2)).toEqual(['D 3 0', expect.stringMatching(/^L [1-9]/)]);
  });

  test('32 without a reason changes nothing', async () => {
    const started = await startReady([], `trap 'exit 4' USR1; echo ready; ${forever}`);
    started.request(32);
    started.process.kill('SIGUSR1');
    expect((await started.ended).code).toBe(4);
  });

  test('a storm of signals loses none of those that queue', async () => {
    const started = await startReady([], `trap 'exit 4' USR2; trap : USR1; echo ready; ${forever}`);
    for (let i = 0; i < 2000; i++) started.request(i % 2 === 0 ? toGroup(os.signals.SIGUSR1) : os.signals.SIGUSR1);
    started.process.kill('SIGUSR2');
    expect((await started.ended).code).toBe(4);
  });
});

describe('the monitor', () => {
  test.each([
    ['', []],
    [' where close_range is refused', perl('refuse.pl', 'close_range', '-').toSpliced(1, 1)],
  ])('holds no descriptor but its own, and no directory of the service%s', async (_where, prefix) => {
    const folder = freshPath();
    mkdirSync(folder);
    const started = startSvexec(['-S', '-d', folder], shell(`echo ready; ${forever}`), { prefix });
    await started.outputHas('ready');
    const pid = started.pid;
    await asleep(started);
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/, 'N'));
    expect(links.toSorted()).toEqual(['anon_inode:[signalfd]', 'socket:[N]']);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    started.request(hurry);
    await started.ended;
  });

  test('sleeps while the service lives, and stays tiny', async () => {
    const started = await startReady([], `echo ready; exec sleep 20`);
    const pid = started.pid;
    await asleep(started);
    const before = statusField(pid, 'voluntary_ctxt_switches');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(statusField(pid, 'voluntary_ctxt_switches')).toBe(before);
    console.log(`monitor: ${statusField(pid, 'VmRSS')} KiB RSS, of which anonymous ${statusField(pid, 'RssAnon')}`);
    expect(statusField(pid, 'VmRSS')).toBeLessThanOrEqual(64);
    started.request(hurry);
    await started.ended;
  });

  test('reaps orphans that it adopts while the service runs', async () => {
    const started = await startReady(
      [],
      `for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.01 &) ; done; echo ready; ${forever}`,
    );
    const service = await servicePid(started);
    const adopted = (): string => readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, 'latin1').trim();
    await until(() => adopted() === String(service));
    started.request(hurry);
    await started.ended;
  });

  test('killed itself, it takes the main process along', async () => {
    const started = await startReady([], `echo ready; ${forever}`);
    const pid = await servicePid(started);
    started.process.kill('SIGKILL');
    await started.ended;
    await expectGone([pid], 2000);
  });

  test('goes on when the reader of its status does not', async () => {
    const started = await startReady([], `trap 'exit 4' USR1; echo ready; ${forever}`);
    await started.line('R');
    started.process.stdio[3]!.destroy();
    started.process.kill('SIGUSR1');
    const [code] = await new Promise<unknown[]>((resolve) => started.process.on('exit', (...all) => resolve(all)));
    expect(code).toBe(4);
    await started.ended;
  });

  test('works without a status descriptor', async () => {
    expect(execFileSync(svexec, ['-S', '--', ...shell('echo done')], { encoding: 'utf8' })).toBe('done\n');
  });

  test('a supervisor that died before the start is noticed: nothing is started', async () => {
    const marker = freshPath();
    const script = `pipe my $r, my $w; $^F = 20; open my $s, ">&", $w; close $w; close $r; POSIX::dup2(fileno $s, 3); exec @ARGV`;
    const words = ['-MPOSIX', '-e', script, svexec, '-S', '-i', '3', '--', ...shell(`echo ran > ${marker}`)];
    expect(() => execFileSync('/usr/bin/perl', words)).toThrow('Command failed');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('-k: readiness by sd_notify', () => {
  /** Sends its words to NOTIFY_SOCKET, each as one datagram, as user UID. */
  const send = (uid: number, ...messages: string[]): string[] => {
    const script = `use Socket; my $to = $ENV{NOTIFY_SOCKET}; $to =~ s/^@/\\0/; $< = $> = $ARGV[0]; shift;
      socket my $s, AF_UNIX, SOCK_DGRAM, 0 or die; send $s, $_, 0, pack("S a*", AF_UNIX, $to) or die "$!" for @ARGV`;
    return ['/usr/bin/perl', 'perl', '-e', script, String(uid), ...messages];
  };

  interface Listening {
    readonly running: Running;
    messages(): Promise<string>;
  }

  let names = 0;

  function listen(
    options: readonly string[],
    command: readonly string[],
    name = `@svexec-test-${process.pid}-${(names += 1)}`,
  ): Listening {
    const prefix = ['/usr/bin/env', `NOTIFY_SOCKET=${name}`];
    const running = startSvexec(['-S', '-k', '4', ...options], command, { prefix, notify: true });
    const messages = async (): Promise<string> => (await running.ended, running.notified());
    return { running, messages };
  }

  test('each message comes with a line feed behind it, in order', async () => {
    const { messages } = listen([], send(0, 'READY=1\nSTATUS=up', 'STOPPING=1'));
    expect(await messages()).toBe('READY=1\nSTATUS=up\nSTOPPING=1\n');
  });

  test('the service and root are heard, other users are not', async () => {
    const service = ['-u', '65534'];
    expect(await listen(service, send(65534, 'READY=1')).messages()).toBe('READY=1\n');
    expect(await listen(['-u', '0'], send(0, 'READY=1')).messages()).toBe('READY=1\n');
    expect(await listen([], send(65534, 'READY=1')).messages()).toBe('');
  });

  test('what is too long is dropped; what comes after it is not', async () => {
    expect(await listen([], send(0, 'x'.repeat(4096), 'y'.repeat(4095), 'READY=1')).messages()).toBe(
      `${'y'.repeat(4095)}\nREADY=1\n`,
    );
  });

  test('neither the pipe nor the socket reaches the service', async () => {
    const { running } = listen([], shell('for fd in 3 4 5 6; do [ -e /proc/$$/fd/$fd ] && echo $fd; done'));
    expect((await running.ended).output).toBe('');
  });

  test.each([
    ['a path', '/tmp/x', os.errno.EINVAL],
    ['nothing', '', os.errno.EINVAL],
    ['only the sign', '@', os.errno.EINVAL],
    ['a name of 200 letters', `@${'x'.repeat(200)}`, os.errno.EINVAL],
  ])('%s is no address', async (_what, name, errno) => {
    const result = await listen([], shell('echo ran'), name).running.ended;
    expect(result).toMatchObject({ status: [`E pipes ${errno}`], output: '', code: 126 });
  });

  test('a name that is taken is refused', async () => {
    const first = listen([], shell(`echo ready; ${forever}`), '@svexec-test-taken');
    await first.running.outputHas('ready');
    const second = await listen([], shell('echo ran'), '@svexec-test-taken').running.ended;
    expect(second.status).toEqual([`E pipes ${os.errno.EADDRINUSE}`]);
    first.running.request(hurry);
    await first.running.ended;
  });

  test('a reader that does not read holds up nobody', async () => {
    const flood = Array.from({ length: 100 }, () => 'z'.repeat(4000));
    const { running } = listen([], send(0, ...flood));
    const events = running.process.stdio[4] as Readable;
    events.pause();
    expect(await new Promise((resolve) => running.process.on('exit', resolve))).toBe(0);
    events.resume();
    await running.ended;
  });
});
