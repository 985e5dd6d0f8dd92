import { readFileSync } from 'node:fs';
import type { Credentials } from '../plan/spec.ts';

/** A user or group as configured: its name, or its number (`1000` or `"1000"`). */
export type Account = string | number;

export type UserResolution =
  | { readonly credentials: Credentials }
  | {
      /** What is wrong, in words: `user "www" does not exist`. */
      readonly error: string;
      /** Names that exist, for a did-you-mean. */
      readonly candidates: readonly string[];
    };

/** `/etc/passwd` and `/etc/group`, read at one moment. Other sources of nsswitch.conf (LDAP) are not asked. */
export interface UserDatabase {
  readonly users: readonly PasswdEntry[];
  readonly groups: readonly GroupEntry[];
}

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Reads both files; a missing one is an empty one (images `FROM scratch` have neither). */
export function readUserDatabase(folder: string = '/etc'): UserDatabase {
  return { users: parsePasswd(readText(`${folder}/passwd`)), groups: parseGroup(readText(`${folder}/group`)) };
}

/**
 * The numbers of a user, with every group that lists it as initgroups(3) does. `group` replaces the primary group.
 * A number that nobody owns is accepted only together with a group: guessing one could mean root's.
 * Without a user (only a group) it is the supervisor's own user.
 */
export function resolveUser(
  user: Account | undefined,
  group?: Account,
  database: UserDatabase = readUserDatabase(),
): UserResolution {
  const primary = group === undefined ? undefined : findGroup(group, database);
  if (group !== undefined && primary === undefined) return unknownGroup(group, database);
  const wanted = user ?? process.geteuid?.() ?? 0;
  const entry = findUser(wanted, database);
  if (entry) return { credentials: toCredentials(entry, primary ?? entry.gid, database) };
  const uid = toId(wanted);
  if (uid === undefined) return unknownUser(wanted, database);
  if (primary !== undefined) return { credentials: { uid, gid: primary, groups: [primary] } };
  if (user === undefined)
    return { credentials: { uid, gid: process.getegid?.() ?? 0, groups: process.getgroups?.() ?? [] } };
  return {
    error: `user ${uid} is not in /etc/passwd, so its group is not known: set "group" as well`,
    candidates: [],
  };
}

/** Pure: lines of passwd(5). Malformed lines are skipped, as libc does. */
export function parsePasswd(text: string): PasswdEntry[] {
  return toFields(text).flatMap(([name = '', , uid, gid, , home = '']) => {
    const ids = { uid: toId(uid), gid: toId(gid) };
    return name && ids.uid !== undefined && ids.gid !== undefined ? [{ name, uid: ids.uid, gid: ids.gid, home }] : [];
  });
}

/** Pure: lines of group(5). */
export function parseGroup(text: string): GroupEntry[] {
  return toFields(text).flatMap(([name = '', , gidText, members = '']) => {
    const gid = toId(gidText);
    return name && gid !== undefined ? [{ name, gid, members: members.split(',').filter(Boolean) }] : [];
  });
}

function toCredentials(entry: PasswdEntry, gid: number, { groups }: UserDatabase): Credentials {
  const listed = groups.filter((group) => group.members.includes(entry.name)).map((group) => group.gid);
  return { uid: entry.uid, gid, groups: [...new Set([gid, ...listed])], name: entry.name, home: entry.home || '/' };
}

/** By name first: a user may be called `1000`. */
function findUser(user: Account, { users }: UserDatabase): PasswdEntry | undefined {
  return users.find((entry) => entry.name === user) ?? users.find((entry) => entry.uid === toId(user));
}

function findGroup(group: Account, { groups }: UserDatabase): number | undefined {
  return groups.find((entry) => entry.name === group)?.gid ?? toId(group);
}

function unknownUser(user: Account, { users }: UserDatabase): UserResolution {
  return { error: `user "${user}" does not exist`, candidates: users.map((entry) => entry.name) };
}

function unknownGroup(group: Account, { groups }: UserDatabase): UserResolution {
  return { error: `group "${group}" does not exist`, candidates: groups.map((entry) => entry.name) };
}

/** Ids are 32 bits, and the highest means "no change" to setuid(2): it must never be asked for. */
function toId(value: Account | undefined): number | undefined {
  if (value === undefined || !/^\d{1,10}$/.test(String(value))) return undefined;
  const id = Number(value);
  return id < 0xffff_ffff ? id : undefined;
}

function toFields(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
