import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf } from './spawn-failure.ts';

/** What the choice of a runtime folder depends on. */
export interface RuntimeDirOptions {
  /** `global.runtime_dir`. */
  readonly configured?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  /** Where `/run` and `/tmp` are; default `/`. */
  readonly root?: string;
}

/** The folder for socket and state, and what was tried before it. */
export interface RuntimeDir {
  /** Absent when no place can be used: then there is no control socket, and everything else goes on. */
  readonly path?: string;
  /** Places that were tried before, in order, and why each cannot be used. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Where the supervisor's own state (its socket) goes: `PM_RUNTIME_DIR`, `global.runtime_dir`, `/run/pm`,
 * `$XDG_RUNTIME_DIR/pm`, `/tmp/pm-UID`: the first that can be made or used. A folder is made with mode 0700. One that
 * is there already is used only if it is a real folder, ours, and nobody else may write to it: in `/tmp` anybody can
 * put a folder or a link in our way. Its permissions are never changed, nor is anything on a read-only file system.
 */
export function chooseRuntimeDir(options: RuntimeDirOptions): RuntimeDir {
  const uid = options.uid ?? process.geteuid?.() ?? 0;
  const refused: { path: string; reason: string }[] = [];
  for (const path of listPlaces(options, uid)) {
    const reason = prepareFolder(path, uid);
    if (reason === undefined) return { path, refused };
    refused.push({ path, reason });
  }
  return { refused };
}

/** Where a supervisor that this user started may have its socket, likeliest first. Looks at nothing, makes nothing. */
export function listRuntimeDirs(env: RuntimeDirOptions['env']): string[] {
  return listPlaces({ env }, process.geteuid?.() ?? 0);
}

/** Pure: the places in the order they are tried. */
export function listPlaces({ configured, env, root = '/' }: RuntimeDirOptions, uid: number): string[] {
  const { PM_RUNTIME_DIR: chosen, XDG_RUNTIME_DIR: session } = env;
  return [
    ...(chosen ? [resolve(chosen)] : []),
    ...(configured ? [resolve(configured)] : []),
    join(root, 'run/pm'),
    ...(session ? [join(resolve(session), 'pm')] : []),
    join(root, `tmp/pm-${uid}`),
  ];
}

/** Undefined when the folder can be used, else why not. */
function prepareFolder(path: string, uid: number): string | undefined {
  try {
    makeFolder(path);
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return 'it is a symbolic link';
    if (!stat.isDirectory()) return 'it is not a directory';
    if (stat.uid !== uid) return `it belongs to another user (uid ${stat.uid})`;
    if (stat.mode & 0o022) return `others may write to it (mode ${(stat.mode & 0o777).toString(8)})`;
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EROFS') return 'it is on a read-only file system';
    return errno === 'ENOENT' ? 'the directory above it does not exist' : `it cannot be made or written (${errno})`;
  }
}

/** Not `recursive`: it would follow a link that is in the way. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
