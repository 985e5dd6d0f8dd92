import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CacheOptions {
  /** The folder of the bundle. */
  readonly programFolder: string;
  readonly uid: number;
}

/**
 * Lets Node keep compiled code between starts: a third less time to the first service. The folder is `.cache` beside
 * the program (an image that runs `pm version` once while it is built carries a warm one, and it may be read-only),
 * else one of our own in the temporary folder. Node keeps a part per user and version in either. NODE_COMPILE_CACHE
 * and NODE_DISABLE_COMPILE_CACHE have the last word. Never throws: without a cache pm only starts slower.
 */
export function enableCompileCache({ programFolder, uid }: CacheOptions): void {
  if (module.getCompileCacheDir() !== undefined) return;
  const { FAILED } = module.constants.compileCacheStatus;
  if (module.enableCompileCache(join(programFolder, '.cache')).status !== FAILED) return;
  const own = findOwnFolder(tmpdir(), uid);
  if (own !== undefined) module.enableCompileCache(own);
}

/** Code is run from there: a folder that somebody else made first, or may write to, is not used. */
export function findOwnFolder(parent: string, uid: number): string | undefined {
  const path = join(parent, `pm-cache-${uid}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  }
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0 ? path : undefined;
}
