import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HelperStatus, Sys } from './sys.ts';

type FileName = 'sys.node' | 'svexec';
type Found<T> = { readonly value: T } | { readonly problem: string };

const require = createRequire(import.meta.url);

/**
 * The system calls, or undefined where they cannot be loaded: another CPU or platform, no built file, a file system
 * mounted noexec, or `PM_NATIVE=off`. About 1 ms the first time; later calls return the same object.
 */
export function loadSys(): Sys | undefined {
  return valueOf(openSys());
}

/**
 * The absolute path of `svexec` (its command line is in this package's README), or undefined for the reasons of
 * `loadSys`. Looks at the file system each time: keep the result.
 */
export function svexecPath(): string | undefined {
  return valueOf(findSvexec());
}

/** What can be used here; `reason` says in words what cannot, and is absent when both can. */
export function helperStatus(): HelperStatus {
  const sys = openSys();
  const svexec = findSvexec();
  const problems = [...new Set([sys, svexec].flatMap((found) => ('problem' in found ? [found.problem] : [])))];
  const status = { sys: 'value' in sys, svexec: 'value' in svexec };
  return problems.length === 0 ? status : { ...status, reason: problems.join('; ') };
}

function openSys(): Found<Sys> {
  const file = locate('sys.node');
  if ('problem' in file) return file;
  try {
    return { value: require(file.value) as Sys };
  } catch (error) {
    return { problem: `${file.value} cannot be loaded: ${messageOf(error)}` };
  }
}

/** access(2) refuses X_OK on a file system mounted noexec, even to root. */
function findSvexec(): Found<string> {
  const file = locate('svexec');
  if ('problem' in file) return file;
  try {
    accessSync(file.value, constants.X_OK);
    return file;
  } catch {
    return {
      problem: `${file.value} cannot be executed: it needs mode 755 and a file system that is not mounted noexec`,
    };
  }
}

function locate(name: FileName): Found<string> {
  if (process.env['PM_NATIVE'] === 'off') return { problem: 'turned off by PM_NATIVE=off' };
  const place = `${process.platform}-${process.arch}`;
  const looked: string[] = [];
  for (const folder of candidateFolders()) {
    const file = join(folder, place, name);
    if (existsSync(file)) return { value: file };
    looked.push(folder);
  }
  return { problem: `no ${name} for ${place} in ${[...new Set(looked)].join(', ')}` };
}

/** Beside the sources or `dist`; beside a bundle that carries its own copy; else wherever the package is installed. */
function* candidateFolders(): Generator<string> {
  const here = dirname(fileURLToPath(import.meta.url));
  yield join(here, '../prebuilt');
  yield join(here, 'prebuilt');
  // Last, because resolving a package costs 2 ms of a boot.
  const installed = installedFolder();
  if (installed !== undefined) yield installed;
}

function installedFolder(): string | undefined {
  try {
    return join(dirname(require.resolve('@pm-supervisor/native/package.json')), 'prebuilt');
  } catch {
    return undefined;
  }
}

function valueOf<T>(found: Found<T>): T | undefined {
  return 'value' in found ? found.value : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
