import { type FSWatcher, lstatSync, readlinkSync, statSync, watch } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { type Clock, systemClock, type Timer } from './clock.ts';

export interface FileWatchOptions {
  readonly clock?: Clock;
  /** Quiet time after the last change, so that a save in several steps is one change. Default 50 ms. */
  readonly settleMs?: number;
  /** How often files are looked at where the kernel gives no watches. Default 2 s. */
  readonly pollMs?: number;
  /** Told once when watches cannot be had (`ENOSPC`, `EMFILE`, no inotify) and files are looked at from time to time. */
  readonly onPolling?: (error: NodeJS.ErrnoException) => void;
}

export interface FileWatch {
  /** Watches these files from now on; a reload may have read others. */
  update(paths: readonly string[]): void;
  /** Idempotent. */
  close(): void;
}

/**
 * Calls back when what a path leads to has changed: written, replaced by a rename, or reached through a symbolic link
 * that was swapped (a Kubernetes ConfigMap: `pm.yaml → ..data/pm.yaml`, `..data → ..2026_01/`). A file that is away is
 * no change until it is back. No timer runs while nothing happens, except where the kernel gives no watches.
 */
export function watchFiles(paths: readonly string[], onChange: () => void, options: FileWatchOptions = {}): FileWatch {
  return new RunningWatch(paths, onChange, options);
}

class RunningWatch implements FileWatch {
  readonly #onChange: () => void;
  readonly #options: FileWatchOptions;
  readonly #clock: Clock;
  readonly #watchers = new Map<string, FSWatcher>();
  #stamps: Map<string, string | undefined>;
  #settling: Timer | undefined;
  #polling: Timer | undefined;
  #closed = false;

  constructor(paths: readonly string[], onChange: () => void, options: FileWatchOptions) {
    this.#onChange = onChange;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#stamps = takeStamps(paths);
    this.#arm();
  }

  update(paths: readonly string[]): void {
    if (this.#closed) return;
    const before = this.#stamps;
    this.#stamps = new Map([...takeStamps(paths)].map(([path, stamp]) => [path, before.get(path) ?? stamp]));
    this.#arm();
    this.#settle();
  }

  close(): void {
    this.#closed = true;
    this.#settling?.cancel();
    this.#polling?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Keeps the watches that are still right: a swapped link leads through other folders. */
  #arm(): void {
    const wanted = new Set([...this.#stamps.keys()].flatMap(listFolders));
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) {
      if (!this.#watchers.has(folder) && !this.#watchFolder(folder)) return this.#poll();
    }
  }

  #watchFolder(folder: string): boolean {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle());
      watcher.on('error', () => this.#forget(folder));
      this.#watchers.set(folder, watcher);
      return true;
    } catch (error) {
      if (this.#polling === undefined) this.#options.onPolling?.(error as NodeJS.ErrnoException);
      return false;
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#settle();
  }

  #settle(): void {
    this.#settling?.cancel();
    if (!this.#closed) this.#settling = this.#clock.after(this.#options.settleMs ?? 50, () => this.#compare());
  }

  #poll(): void {
    this.#polling?.cancel();
    this.#polling = this.#clock.after(this.#options.pollMs ?? 2_000, () => this.#compare());
  }

  #compare(): void {
    // First the watches, then the look: what changes in between is seen by one of them.
    this.#rearm();
    const now = takeStamps([...this.#stamps.keys()]);
    const changed = [...now].filter(([path, stamp]) => stamp !== undefined && stamp !== this.#stamps.get(path));
    for (const [path, stamp] of changed) this.#stamps.set(path, stamp);
    if (changed.length > 0) this.#onChange();
  }

  /** A folder that was removed or moved away leaves a watch on nothing: all are made anew, which costs microseconds. */
  #rearm(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#arm();
  }
}

function takeStamps(paths: readonly string[]): Map<string, string | undefined> {
  return new Map(paths.map((path) => [resolve(path), takeStamp(path)]));
}

/** Something that differs when another file, or another content, is found there; undefined where nothing is. */
function takeStamp(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

const mostLinks = 40;

/** The folders in which something must happen before `path` leads elsewhere: its own, and those of every link on the way. */
function listFolders(path: string): readonly string[] {
  const folders = new Set<string>();
  let rest = resolve(path).slice(1).split('/');
  let at = parse(resolve(path)).root;
  for (let links = 0; rest.length > 0 && links < mostLinks;) {
    const next = join(at, rest[0] ?? '');
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (stat === undefined || rest.length === 1) folders.add(at);
    if (stat === undefined) break;
    rest = rest.slice(1);
    if (stat.isSymbolicLink()) {
      folders.add(at);
      links += 1;
      const target = resolve(at, readlinkSync(next));
      rest = [...target.slice(1).split('/'), ...rest];
      at = parse(target).root;
    } else {
      at = next;
    }
  }
  return [...folders];
}
