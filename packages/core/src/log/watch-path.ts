import { type FSWatcher, watch } from 'node:fs';
import { lstat, readlink, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock, Timer } from '../os/clock.ts';

/**
 * Something happened to what a path leads to. `written`: to the file's bytes. `moved`: the path may lead elsewhere now;
 * `refresh` before looking there.
 */
export type PathChange = 'written' | 'moved';

export interface PathWatch {
  /** Finds where the path leads now, and watches there. */
  refresh(): Promise<void>;
  close(): void;
}

/** A name in a directory that decides where the path leads, or that is the file itself. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

/** Where the kernel tells us nothing (no inotify watches left, a network file system) we look ourselves. */
const pollMs = 1000;

/**
 * Watches a path through inotify. Only where that does not work a timer looks every second. `onChange` may be called
 * more often than something changed. What happens to directories above that of the file, links excepted, is not seen.
 */
export function watchPath(path: string, clock: Clock, onChange: (change: PathChange) => void): PathWatch {
  const watched = new Map<string, FSWatcher>();
  let closed = false;
  let poll: Timer | undefined;

  const pollOn = (): void => {
    poll = closed ? undefined : clock.after(pollMs, tick);
  };
  const tick = (): void => {
    onChange('moved');
    pollOn();
  };
  const setPolling = (needed: boolean): void => {
    if (needed && !poll) return pollOn();
    if (needed) return;
    poll?.cancel();
    poll = undefined;
  };
  const watchOne = (key: string, directory: string, names: ReadonlySet<string>): boolean => {
    try {
      const watcher = watch(directory, { persistent: false }, (type, name) => {
        if (name === null || names.has(name)) onChange(type === 'rename' ? 'moved' : 'written');
      });
      // A directory that is deleted under the watch, or no memory for events: the next refresh sees.
      watcher.on('error', () => onChange('moved'));
      watched.set(key, watcher);
      return true;
    } catch {
      return false;
    }
  };
  /** true: something is watched that was not before. */
  const apply = (wanted: ReadonlyMap<string, Watched>): boolean => {
    for (const [key, watcher] of watched) {
      if (wanted.has(key)) continue;
      watcher.close();
      watched.delete(key);
    }
    const missing = [...wanted].filter(([key]) => !watched.has(key));
    const added = missing.filter(([key, { directory, names }]) => watchOne(key, directory, names)).length;
    const silent = [...wanted.values()].some((place) => place.silent);
    setPolling(silent || added < missing.length || wanted.size === 0);
    return added > 0;
  };
  return {
    async refresh() {
      // Until nothing new turns up: between the look and the watch, the next directory may have been made.
      for (let again = true; again;) {
        const wanted = await toWatched(await findPlaces(path));
        again = !closed && apply(wanted);
      }
    },
    close() {
      closed = true;
      poll?.cancel();
      for (const watcher of watched.values()) watcher.close();
      watched.clear();
    },
  };
}

interface Watched {
  readonly directory: string;
  readonly names: Set<string>;
  /** Its file system does not tell of changes. */
  readonly silent: boolean;
}

/** By directory *and* its inode: one that was deleted and made again needs a new watch. */
async function toWatched(places: readonly Place[]): Promise<Map<string, Watched>> {
  const wanted = new Map<string, Watched>();
  const names = Map.groupBy(places, (place) => place.directory);
  for (const [directory, found] of names) {
    const identity = await stat(directory).catch(() => undefined);
    if (identity === undefined) continue;
    const own = [...found.map((place) => place.name), basename(directory)];
    const key = [identity.dev, identity.ino, directory, ...own].join('\0');
    wanted.set(key, { directory, names: new Set(own), silent: await isSilent(directory) });
  }
  return wanted;
}

/** Magic numbers of `statfs(2)`: NFS, SMB, CIFS, SMB2, 9P, FUSE (and with it virtiofs). Others write there unseen by us. */
const remoteTypes: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546]);

async function isSilent(directory: string): Promise<boolean> {
  const facts = await statfs(directory).catch(() => undefined);
  return facts !== undefined && remoteTypes.has(facts.type);
}

/** The kernel's own limit (path_resolution(7)). */
const mostLinks = 40;

/** Every place whose change may make the path lead elsewhere. The last one is the file, or the first name that is missing. */
export async function findPlaces(path: string): Promise<Place[]> {
  const places: Place[] = [];
  let directory = '/';
  let rest = toNames(resolve(path));
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...following] = rest;
    const full = join(directory, name);
    rest = following;
    if (name === '..') {
      directory = dirname(directory);
      continue;
    }
    const found = await lstat(full).catch(() => undefined);
    const link =
      found?.isSymbolicLink() === true && links++ < mostLinks ? await readlink(full).catch(() => undefined) : undefined;
    if (link !== undefined || found === undefined || rest.length === 0) places.push({ directory, name });
    if (found === undefined) break;
    if (link === undefined) directory = full;
    else {
      if (link.startsWith('/')) directory = '/';
      rest = [...toNames(link), ...rest];
    }
  }
  return places;
}

function toNames(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
