import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Finds and loads modules. The real one is Node's; tests bring their own. */
export interface ModuleLoader {
  /** The file that `specifier` means, seen from a folder; undefined where there is none. Throws where it is there but broken. */
  resolve(specifier: string, folder: string): string | undefined;
  /** The exports of a file: JavaScript, or TypeScript of which Node strips the types. */
  load(file: string): Promise<Readonly<Record<string, unknown>>>;
  /** Something that changes when the file does; undefined where it cannot be known. */
  stamp(file: string): string | undefined;
}

/** Node's own. A module is loaded once for the life of the process: Node cannot load it again. */
export const nodeModules: ModuleLoader = {
  resolve: resolveModule,
  load: async (file) => (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>,
  stamp: stampFile,
};

function stampFile(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}

const notFound = new Set(['MODULE_NOT_FOUND', 'ENOENT', 'ENOTDIR']);

function resolveModule(specifier: string, folder: string): string | undefined {
  const base = join(folder, 'pm.config.js');
  try {
    return createRequire(base).resolve(specifier);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return resolveImportOnly(specifier, base);
    if (notFound.has(code ?? '')) return undefined;
    throw error;
  }
}

/** `require.resolve` does not see packages that export for `import` alone, and Node has no `import.meta.resolve` from elsewhere. */
function resolveImportOnly(name: string, base: string): string | undefined {
  const manifest = findPackageJSON(name, base);
  if (manifest === undefined) return undefined;
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown };
  const target = toImportTarget(isRecord(exports) && '.' in exports ? exports['.'] : exports);
  if (target === undefined) return undefined;
  const file = join(dirname(manifest), target);
  return existsSync(file) ? file : undefined;
}

function toImportTarget(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (!isRecord(target)) return undefined;
  // Conditions count in the order they are written.
  const key = Object.keys(target).find((condition) => ['node', 'import', 'module-sync', 'default'].includes(condition));
  return key === undefined ? undefined : toImportTarget(target[key]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
