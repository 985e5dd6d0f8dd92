import { describe, expect, test } from 'vitest';
import type { Privileges } from './privileges.ts';
import { type ShimOrder, toShimArgs } from './shim-args.ts';

const own: Privileges = {
  uid: 0,
  gid: 0,
  groups: [0],
  capabilities: new Set(['CAP_SETGID', 'CAP_SETUID']),
  nice: 0,
  limits: {},
};
const order: ShimOrder = {
  file: '/usr/sbin/nginx',
  argv: ['nginx', '-g', 'daemon off;'],
  cwd: '/srv',
  os: { limits: {} },
  statusFd: 3,
  monitor: true,
  terminal: 'none',
  cgroups: [],
  graceMs: 1_000,
};
const args = (changes: Partial<ShimOrder>, privileges: Privileges = own): string =>
  toShimArgs({ ...order, ...changes }, privileges).join(' ');

describe('the command line of svexec', () => {
  test.each<[string, Partial<ShimOrder>, string]>([
    ['nothing special', {}, '-S -w 1000 -i 3 -d /srv -- /usr/sbin/nginx nginx -g daemon off;'],
    [
      'no monitor: the service goes when we go',
      { monitor: false },
      '-P 15 -i 3 -d /srv -- /usr/sbin/nginx nginx -g daemon off;',
    ],
    ['a terminal of its own', { terminal: 'new', argv: ['x'] }, '-S -w 1000 -s -t -i 3 -d /srv -- /usr/sbin/nginx x'],
    ['ears for sd_notify', { messageFd: 4, argv: ['x'] }, '-S -w 1000 -i 3 -k 4 -d /srv -- /usr/sbin/nginx x'],
    ['our terminal', { terminal: 'foreground', argv: ['x'] }, '-S -w 1000 -f -i 3 -d /srv -- /usr/sbin/nginx x'],
    [
      'everything before the change of user that needs the privileges of before',
      {
        argv: ['x'],
        cgroups: ['/c/a', '/c/b'],
        os: {
          credentials: { uid: 33, gid: 34, groups: [34, 4] },
          umask: 0o027,
          nice: 5,
          oomScoreAdj: -10,
          limits: { nofile: { soft: 10, hard: Infinity }, core: { soft: 0, hard: 0 } },
        },
      },
      '-S -w 1000 -i 3 -c /c/a -c /c/b -o -10 -r 7:10:inf -r 4:0:0 -n 5 -G 34,4 -g 34 -u 33 -m 27 -d /srv -- /usr/sbin/nginx x',
    ],
    [
      'umask 0 is a umask',
      { argv: ['x'], os: { umask: 0, limits: {} } },
      '-S -w 1000 -i 3 -m 0 -d /srv -- /usr/sbin/nginx x',
    ],
  ])('%s', (_, changes, expected) => {
    expect(args(changes)).toBe(expected);
  });

  test('who we are already is not asked for', () => {
    expect(args({ os: { credentials: { uid: 0, gid: 0, groups: [0] }, limits: {} } })).toBe(args({}));
  });

  test('without privileges, groups that the container gave us on top are kept, missing ones are asked for', () => {
    const user: Privileges = { ...own, uid: 33, gid: 33, groups: [33, 4, 2_000], capabilities: new Set() };
    expect(args({ os: { credentials: { uid: 33, gid: 33, groups: [33, 4] }, limits: {} } }, user)).not.toMatch(/-G/);
    expect(args({ os: { credentials: { uid: 33, gid: 33, groups: [33, 44] }, limits: {} } }, user)).toMatch(/-G 33,44/);
    expect(
      args(
        { os: { credentials: { uid: 33, gid: 33, groups: [33, 4] }, limits: {} } },
        { ...user, capabilities: own.capabilities },
      ),
    ).toMatch(/-G 33,4 /);
  });
});
