import { expect, test } from 'vitest';
import { parseGroup, parsePasswd, resolveUser, readUserDatabase, type UserDatabase } from './credentials.ts';

const database: UserDatabase = {
  users: parsePasswd(
    [
      'root:x:0:0:root:/root:/bin/bash',
      'www-data:x:33:33:www:/var/www:/usr/sbin/nologin',
      '1000:x:7:8::/odd:',
      'homeless:x:5:5:::',
      'broken:x:zero:1::/:',
      '# comment',
      '',
    ].join('\n'),
  ),
  groups: parseGroup(
    ['root:x:0:', 'www-data:x:33:', 'adm:x:4:syslog,www-data', 'video:x:44:www-data', 'docker:x:999:root'].join('\n'),
  ),
};

test('a user has its own group and those that list it', () => {
  expect(resolveUser('www-data', undefined, database)).toEqual({
    credentials: { uid: 33, gid: 33, groups: [33, 4, 44], name: 'www-data', home: '/var/www' },
  });
});

test('a number finds its owner', () => {
  for (const user of [33, '33'])
    expect(resolveUser(user, undefined, database)).toMatchObject({
      credentials: { uid: 33, name: 'www-data', groups: [33, 4, 44] },
    });
});

test('a name that looks like a number is a name first', () => {
  expect(resolveUser('1000', undefined, database)).toMatchObject({ credentials: { uid: 7, gid: 8, name: '1000' } });
});

test('a group replaces the primary one', () => {
  expect(resolveUser('www-data', 'docker', database)).toMatchObject({
    credentials: { uid: 33, gid: 999, groups: [999, 4, 44] },
  });
});

test('a number that nobody owns needs a group', () => {
  expect(resolveUser(4_242, undefined, database)).toEqual({
    error: 'user 4242 is not in /etc/passwd, so its group is not known: set "group" as well',
    candidates: [],
  });
  expect(resolveUser(4_242, 100, database)).toEqual({ credentials: { uid: 4_242, gid: 100, groups: [100] } });
});

test.each([
  ['www', undefined, 'user "www" does not exist', 'www-data'],
  ['www-data', 'vidoe', 'group "vidoe" does not exist', 'video'],
  ['broken', undefined, 'user "broken" does not exist', 'root'],
])('%s with group %s: unknown, with candidates', (user, group, error, candidate) => {
  expect(resolveUser(user, group, database)).toEqual({ error, candidates: expect.arrayContaining([candidate]) });
});

test('the id that means "no change" to the kernel is never taken', () => {
  expect(resolveUser(4_294_967_295, 1, database)).toMatchObject({ error: expect.stringContaining('4294967295') });
});

test('a user without a home gets the root directory', () => {
  expect(resolveUser('homeless', undefined, database)).toMatchObject({ credentials: { home: '/' } });
});

test('an image without passwd has no users, and says so', () => {
  expect(readUserDatabase('/nonexistent')).toEqual({ users: [], groups: [] });
});

test('this machine has a root', () => {
  expect(resolveUser('root')).toMatchObject({ credentials: { uid: 0, gid: 0, name: 'root' } });
});
