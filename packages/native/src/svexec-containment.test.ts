/** Nothing of a service is left: neither after its end, nor when the supervisor is killed with -9. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectGone,
  follow,
  freshPath,
  perl,
  pidsIn,
  program,
  run,
  shell,
  startSvexec,
  survivors,
  svexec,
  until,
} from './testing/svexec.ts';
import type { StartOptions } from './testing/svexec.ts';

const ways = [
  'own session',
  'double fork',
  'daemon',
  'cleared environment',
  'ignored signals',
  'stopped',
  'fork storm',
  'own subreaper',
];

const docker =
  '-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap';
const asInDocker = ['/usr/bin/setpriv', '--bounding-set', docker];
const privateNamespace = ['/usr/bin/unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Where it has to work: what comes before svexec, what svexec is told, who starts it. */
const settings: [string, readonly string[], StartOptions][] = [
  ['as root', [], {}],
  ['for a service of another user', ['-u', '65534', '-g', '65534', '-G', ''], {}],
  ['all of one user without privileges', [], { uid: 65534 }],
  ["with Docker's capabilities, for another user", ['-u', '65534'], { prefix: asInDocker }],
];

let withoutChildrenFiles = '';
beforeAll(() => {
  withoutChildrenFiles = buildVariant('-DPM_TEST_NO_CHILDREN_FILES');
});

/** Kernels without CONFIG_PROC_CHILDREN are not at hand: the same program, told not to look. */
function buildVariant(definition: string): string {
  const output = freshPath();
  const sources = join(import.meta.dirname, '../src-c/svexec');
  const flags = [
    '-Os',
    '-ffreestanding',
    '-fno-stack-protector',
    '-nostdlib',
    '-static',
    '-fno-pie',
    '-no-pie',
    definition,
  ];
  execFileSync('/bin/sh', ['-c', `exec cc ${flags.join(' ')} -o ${output} ${sources}/*.c`]);
  return output;
}

async function expectNothingLeft(way: string, options: readonly string[], start: StartOptions): Promise<void> {
  const file = freshPath();
  const result = await run(['-S', '-w', '50', ...options], perl('escape.pl', file, way), start);
  const pids = pidsIn(file);
  expect(survivors(pids)).toEqual([]);
  expect(result.code).toBe(3);
  expect(result.status.at(-2)).toBe('D 3 0');
  expect(Number(result.status.at(-1)?.slice(2))).toBeGreaterThan(0);
}

describe.each(settings)('%s', (_setting, options, start) => {
  test.each(ways)('%s: nothing survives', (way) => expectNothingLeft(way, options, start));
});

describe('where the kernel does not list children', () => {
  test.each(ways)('%s: nothing survives', (way) => expectNothingLeft(way, [], { svexec: withoutChildrenFiles }));
});

describe('with a /proc that hides other users (hidepid=2), in a pid namespace of its own', () => {
  test.each(ways)('%s: nothing survives', async (way) => {
    const file = freshPath();
    const svexecLine = `${asInDocker.join(' ')} ${svexec} -S -i 3 -w 50 -u 65534 -- "$@"`;
    const count = 'n=0; for p in /proc/[0-9]*; do [ "${p#/proc/}" = $$ ] || n=$((n+1)); done; echo others $n';
    const script = `mount -o remount,hidepid=2 /proc; ${svexecLine}; mount -o remount,hidepid=0 /proc; ${count}`;
    const words = [...privateNamespace.slice(1), '/bin/sh', ...shell(script, ...perl('escape.pl', file, way)).slice(2)];
    const result = await follow('/usr/bin/unshare', words).ended;
    expect(result.status.at(-2)).toBe('D 3 0');
    expect(result.output).toBe('others 0\n');
  });
});

describe('the supervisor is killed with -9', () => {
  test.each(ways)('%s: nothing survives, nor the service', async (way) => {
    const file = freshPath();
    const words = [svexec, '-S', '-i', '3', '-w', '50', '--', ...perl('escape.pl', file, way, 'stay')];
    const supervisor = follow('/usr/bin/perl', [program('supervisor.pl'), ...words]);
    await supervisor.outputHas('R\n');
    await until(() => existsSync(file) && readFileSync(file, 'latin1') !== '');
    const monitorAndService = ['S', 'P'].map((key) =>
      Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(supervisor.output())?.[1]),
    );
    supervisor.process.kill('SIGKILL');
    await expectGone(monitorAndService, 5000);
    expect(survivors(pidsIn(file))).toEqual([]);
    await supervisor.ended;
  });

  test('the service first gets its SIGTERM and its time', async () => {
    const script = `trap 'sleep 0.1; echo ended well; exit' TERM; echo ready; while :; do sleep 0.02; done`;
    const supervisor = follow('/usr/bin/perl', [
      program('supervisor.pl'),
      svexec,
      '-S',
      '-i',
      '3',
      '--',
      ...shell(script),
    ]);
    await supervisor.outputHas('ready');
    supervisor.process.kill('SIGKILL');
    await supervisor.outputHas('ended well');
    await supervisor.ended;
  });
});

test('1,200 descendants in sessions of their own, deaf to SIGTERM, are all gone', async () => {
  const started = performance.now();
  const running = startSvexec(['-S', '-w', '0'], perl('many.pl', '1200'));
  await running.line('D ');
  const ended = performance.now();
  expect((await running.ended).status.at(-1)).toBe('L 1200');
  console.log(
    `1,200 descendants: started in ${(ended - started).toFixed(0)} ms, gone in ${(performance.now() - ended).toFixed(0)} ms`,
  );
});

test('a polite descendant gets one SIGTERM, and is not waited for longer than it needs', async () => {
  const file = freshPath();
  const script = `(trap 'echo term >> $1; sleep 0.1; exit' TERM; (sleep 0.01)& (sleep 0.02)& echo ready >> $1; while :; do sleep 0.01; done) & sleep 0.1`;
  const result = await run(['-S', '-w', '20000'], shell(script, file));
  expect(readFileSync(file, 'utf8')).toBe('ready\nterm\n');
  expect(result.status.at(-2)).toBe('D 0 0');
});

describe('what cannot be ended is reported, and nobody is waited for in vain', () => {
  const setUid = join(dirname(svexec), 'set-uid');
  const stray: number[] = [];
  afterAll(() => stray.forEach((pid) => process.kill(pid, 'SIGKILL')));

  test('a descendant that became root, under an unprivileged monitor', async () => {
    const file = freshPath();
    copyFileSync(svexec, setUid);
    chmodSync(setUid, 0o4755);
    const script = `${setUid} -u 0 -s -- /bin/sh sh -c 'echo $$ > $1; exec sleep 20 > /dev/null 2>&1' sh "$1" & until [ -s "$1" ]; do sleep 0.01; done`;
    const result = await run(['-S', '-w', '10'], shell(script, file), { uid: 65534 });
    stray.push(...pidsIn(file));
    expect(result.status.slice(2)).toEqual(['D 0 0', 'X 1', 'L 1']);
  });

  test('a /proc of another pid namespace: the group is ended, strangers are not touched', async () => {
    const words = ['--pid', '--fork', '--kill-child', svexec, '-S', '-i', '3', '-w', '10', '--'];
    const script = `sleep 20 & setsid sleep 20 > /dev/null 2>&1 & sleep 0.1`;
    const result = await follow('/usr/bin/unshare', [...words, ...shell(script)]).ended;
    expect(result.status.slice(2)).toEqual(['D 0 0', 'X -1', 'L 0']);
  });

  test('a sandbox that knows no subreapers: the group is ended', async () => {
    const file = freshPath();
    const refuse = perl('refuse.pl', 'prctl', '36').toSpliced(1, 1);
    const script = `sleep 20 > /dev/null 2>&1 & echo $! > $1; sleep 0.05`;
    const result = await run(['-S'], shell(script, file), { prefix: refuse });
    expect(result.status.slice(2)).toEqual(['D 0 0', 'X -1', 'L 0']);
    await expectGone(pidsIn(file), 2000);
  });
});
