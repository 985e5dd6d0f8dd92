import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Extent, isTrusted, type Loader, toCachePath } from './entry/code-cache.ts';

/**
 * Keeps for the next start what has been compiled by now: `whole` once everything runs, `part` where it never came to
 * that. Does nothing where as much was kept before. Never throws.
 */
export function keepCode({ compiled, options: { cacheFolders, tag, uid } }: Loader, extent: Extent): void {
  for (const [name, file] of compiled) {
    if (file.kept === extent) continue;
    const code = file.script.createCachedData();
    const place = cacheFolders.find(
      (each) => prepareFolder(each, uid) && writeWhole(toCachePath(each, tag, name, extent), code),
    );
    file.kept = extent;
    if (extent === 'part') continue;
    compiled.delete(name);
    if (place !== undefined) rmSync(toCachePath(place, tag, name, 'part'), { force: true });
  }
}

function prepareFolder(path: string, uid: number): boolean {
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch {
    // It is there already, or cannot be made: either shows next.
  }
  return isTrusted(path, uid);
}

/** Renamed into place: another pm may read it at this moment. false: a full or read-only disk is no reason to complain. */
function writeWhole(path: string, bytes: Buffer): boolean {
  const partial = `${path}.${Math.random().toString(36).slice(2)}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(partial, bytes, { mode: 0o644 });
    renameSync(partial, path);
    return true;
  } catch {
    rmSync(partial, { force: true });
    return false;
  }
}
