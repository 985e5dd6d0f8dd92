import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

export interface LoaderOptions {
  /** The folder of the bundle. */
  readonly folder: string;
  /** Where compiled code may be kept, the first that will do; none: it is compiled at every start. */
  readonly cacheFolders: readonly string[];
  /** Names the build, Node and the processor: V8 itself compares no more of a source than its length. */
  readonly tag: string;
  /** Whoever runs: code is taken only from folders that nobody but this user and root can write to. */
  readonly uid: number;
}

export interface Loader {
  /** The exports of a file of the bundle, loaded once. */
  load(name: string): unknown;
  /**
   * Keeps for the next start what has been compiled by now: `whole` once everything runs, `part` where it never came to
   * that. Does nothing where as much was kept before. Never throws.
   */
  save(extent: Extent): void;
}

/** How much of what a boot calls has been compiled. A part is better than nothing, and must not stay. */
export type Extent = 'whole' | 'part';

const endings: Readonly<Record<Extent, string>> = { whole: '.code', part: '.part.code' };

/**
 * Loads files of the bundle with the code that V8 made of them when they ran last.
 *
 * Node's own compile cache holds a file as it is right after loading, without the functions that are compiled when
 * they are first called, and that is all of the daemon. Measured on Node 24: parsing a short YAML file for the first
 * time takes 5.4 ms, with Node's cache 5.2, with this one 1.8.
 */
export function createLoader({ folder, cacheFolders, tag, uid }: LoaderOptions): Loader {
  const loaded = new Map<string, BundleModule>();
  const scripts = new Map<string, { readonly script: Script; kept: Extent | undefined }>();
  const requireOutside = createRequire(join(folder, 'pm.js'));
  const toPath = (place: string, name: string, extent: Extent): string =>
    join(place, tag, name.replaceAll('/', '-') + endings[extent]);
  const find = (name: string, extent: Extent): string | undefined =>
    cacheFolders
      .filter((place) => isTrusted(place, uid))
      .map((place) => toPath(place, name, extent))
      .find(existsSync);

  const requireInside = Object.assign(
    (wanted: string): unknown => (wanted.startsWith('./') ? load(wanted.slice(2)) : requireOutside(wanted)),
    { resolve: requireOutside.resolve },
  );
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module: BundleModule = { exports: {} };
    loaded.set(name, module);
    const whole = find(name, 'whole');
    const script = compile(join(folder, name), whole ?? find(name, 'part'));
    const isUsed = script.cachedDataRejected === false;
    if (!isUsed || whole === undefined) scripts.set(name, { script, kept: isUsed ? 'part' : undefined });
    const run = script.runInThisContext() as BundleFile;
    run(module, requireInside, join(folder, name));
    return module.exports;
  };

  return {
    load,
    save(extent) {
      for (const [name, known] of scripts) {
        if (known.kept === extent) continue;
        const code = known.script.createCachedData();
        const place = cacheFolders.find(
          (each) => prepareFolder(each, uid) && writeWhole(toPath(each, name, extent), code),
        );
        if (extent === 'whole' && place !== undefined) rmSync(toPath(place, name, 'part'), { force: true });
        known.kept = extent;
      }
      if (extent === 'whole') scripts.clear();
    },
  };
}

interface BundleModule {
  exports: unknown;
}

/** The build wraps each file into a function of these. */
type BundleFile = (module: BundleModule, require: (name: string) => unknown, filename: string) => void;

function compile(filename: string, cacheFile: string | undefined): Script {
  // The build writes ASCII: one byte a character, half of what UTF-8 decoding would keep in memory.
  const source = readFileSync(filename, 'latin1');
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const cachedData = cacheFile === undefined ? undefined : readIfPresent(cacheFile);
  return new Script(source, { filename, importModuleDynamically, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** Code is run from there: a folder that somebody else made first, may write to, or that is a link, is not used. */
export function isTrusted(path: string, uid: number): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() && (stat.uid === uid || stat.uid === 0) && (stat.mode & 0o022) === 0;
}

function prepareFolder(path: string, uid: number): boolean {
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch {
    // It is there already, or cannot be made: either shows next.
  }
  return isTrusted(path, uid);
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
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
