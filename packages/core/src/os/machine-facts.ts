import { existsSync, readFileSync, statSync } from 'node:fs';
import type { MachineFacts } from '../plan/context.ts';
import { readUserDatabase, resolveUser } from './credentials.ts';
import { findCommand } from './find-command.ts';

/** The facts of this machine that a plan is checked against. Users are read once, at the first question. */
export function readMachineFacts(): MachineFacts {
  let database: ReturnType<typeof readUserDatabase> | undefined;
  return {
    resolveUser: (user, group) => resolveUser(user, group, (database ??= readUserDatabase())),
    readFile: (path) => readFileSync(path, 'utf8'),
    findCommand,
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    exists: existsSync,
    env: process.env,
    cwd: process.cwd(),
    uid: process.geteuid?.() ?? 0,
  };
}
