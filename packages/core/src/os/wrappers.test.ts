import { describe, expect, test } from 'vitest';
import { SpawnError } from '../errors.ts';
import type { OsSpec } from '../plan/spec.ts';
import { requestOf } from './fixtures/spawning.ts';
import type { Privileges } from './privileges.ts';
import { type WrapperTools, wrapCommand } from './wrappers.ts';

const root: Privileges = {
  uid: 0,
  gid: 0,
  groups: [0],
  capabilities: new Set(['CAP_SETGID', 'CAP_SETUID']),
  nice: 0,
  limits: { nofile: { soft: 1_024, hard: 4_096 } },
};
const user: Privileges = { ...root, uid: 1_000, gid: 1_000, groups: [1_000], capabilities: new Set() };
const all: WrapperTools = { setpriv: '/bin/setpriv', prlimit: '/bin/prlimit', nice: '/bin/nice' };
const none: WrapperTools = { setpriv: undefined, prlimit: undefined, nice: undefined };
const www = { uid: 33, gid: 33, groups: [33] };

const wrap = (os: Partial<OsSpec>, own = root, tools = all): ReturnType<typeof wrapCommand> =>
  wrapCommand(requestOf(['web', 'arg'], { os }), '/bin/web', own, tools);

describe('without the helper', () => {
  test.each<[string, Partial<OsSpec>, string]>([
    ['nothing special', {}, '/bin/web arg'],
    [
      'limits',
      { limits: { nofile: { soft: 10, hard: 20 }, core: { soft: 0, hard: Infinity } } },
      '/bin/prlimit --nofile=10:20 --core=0:unlimited /bin/web arg',
    ],
    ['nice', { nice: 3 }, '/bin/nice -n 3 /bin/web arg'],
    [
      'further groups',
      { credentials: { ...www, groups: [33, 4] } },
      '/bin/setpriv --reuid=33 --regid=33 --groups=33,4 /bin/web arg',
    ],
    [
      'the user last: what comes before may need our privileges',
      { credentials: www, nice: 1, limits: { nofile: { soft: 1, hard: 1 } } },
      '/bin/prlimit --nofile=1:1 /bin/nice -n 1 /bin/setpriv --reuid=33 --regid=33 --groups=33 /bin/web arg',
    ],
  ])('%s', (_, os, expected) => {
    expect(wrap(os).argv.join(' ')).toBe(expected);
  });

  test('a user with only its own group is set by Node, and sees its command as written', () => {
    expect(wrap({ credentials: www }, root, none)).toEqual({
      argv: ['/bin/web', 'arg'],
      argv0: 'web',
      uid: 33,
      gid: 33,
    });
  });

  test('nice counts from where we are', () => {
    expect(wrap({ nice: 5 }, { ...root, nice: 2 }).argv).toContain('3');
    expect(wrap({ nice: 2 }, { ...root, nice: 2 }).argv).toEqual(['/bin/web', 'arg']);
  });

  test.each<[string, Partial<OsSpec>, Privileges, WrapperTools, string, string]>([
    ['another user without privileges', { credentials: www }, user, all, 'uid', 'EPERM'],
    ['a hard limit over ours', { limits: { nofile: { soft: 1, hard: 5_000 } } }, root, all, 'limits', 'EPERM'],
    ['a nice value under ours', { nice: -1 }, root, all, 'nice', 'EPERM'],
    ['limits without prlimit', { limits: { nofile: { soft: 1, hard: 1 } } }, root, none, 'limits', ''],
    ['nice without nice', { nice: 1 }, root, none, 'nice', ''],
    ['groups without setpriv', { credentials: { ...www, groups: [33, 4] } }, root, none, 'groups', ''],
  ])('%s is refused, never left out', (_, os, own, tools, stage, errno) => {
    const attempt = (): unknown => wrap(os, own, tools);
    expect(attempt).toThrow(SpawnError);
    expect(attempt).toThrow(
      expect.objectContaining({ stage, errno: errno || undefined, hint: expect.stringMatching(/\w/) }),
    );
  });
});
