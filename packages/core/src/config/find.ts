import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';

const plainNames = ['pm.yaml', 'pm.yml', 'pm.json', 'pm.toml'];
const dataEndings = ['yaml', 'yml', 'json', 'toml'];
const codeEndings = ['ts', 'mjs', 'js', 'cjs'];

const furtherNames = [
  ...[...dataEndings, ...codeEndings].map((ending) => `pm.config.${ending}`),
  '.pmrc',
  ...[...dataEndings, ...codeEndings].map((ending) => `.pmrc.${ending}`),
];

/** File names searched in a folder, first match wins. `package.json` counts when it has a key `pm`. */
export const searchNames: readonly string[] = [...plainNames, ...furtherNames, 'package.json'];

/** Where a container image keeps its configuration. */
export const systemFolder = '/etc/pm';

export interface FindRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`. */
  readonly configPath?: string;
  /** Folders searched instead of the working directory and `/etc/pm`. */
  readonly folders?: readonly string[];
}

/**
 * The absolute path of the configuration: `--config`, else `PM_CONFIG`, else the first match in the working directory,
 * else in `/etc/pm`. A named path is not checked here. Throws ConfigError that says where it looked.
 */
export async function findConfig({
  cwd,
  env,
  configPath,
  folders = [cwd, systemFolder],
}: FindRequest): Promise<string> {
  const named = configPath ?? (env['PM_CONFIG'] === '' ? undefined : env['PM_CONFIG']);
  if (named !== undefined) return resolve(cwd, named);
  for (const folder of folders) {
    const found = findPlain(folder) ?? (await searchFolder(folder));
    if (found !== undefined) return found;
  }
  throw new ConfigError('PM_CONFIG_NOT_FOUND', `no configuration in ${folders.join(' or ')}`, [], {
    hint: `Write one with "npx create-pm-config", or name one with --config or PM_CONFIG. Looked for ${plainNames.join(', ')}, pm.config.*, .pmrc* and "pm" in package.json.`,
  });
}

// The usual names are looked for directly: whatever stands there (an empty file, a folder, a broken link) is meant, and
// cosmiconfig, which passes over what it cannot read, need not be loaded.
function findPlain(folder: string): string | undefined {
  return plainNames.map((name) => join(folder, name)).find(isPresent);
}

async function searchFolder(folder: string): Promise<string | undefined> {
  const present = searchNames.filter((name) => isPresent(join(folder, name)));
  if (present.length === 0) return undefined;
  const first = present.filter((name) => name !== 'package.json').map((name) => join(folder, name))[0];
  if (!canConstruct(resolve('.'))) return first;
  const { cosmiconfig } = await import('cosmiconfig');
  const explorer = cosmiconfig('pm', {
    searchPlaces: [...furtherNames, 'package.json'],
    ignoreEmptySearchPlaces: false,
    // Only to find: parsing, with positions, is ours.
    loaders: Object.fromEntries(
      ['noExt', ...[...dataEndings, ...codeEndings].map((it) => `.${it}`)].map((it) => [it, toMarker]),
    ),
    cache: false,
  });
  return (await explorer.search(folder))?.filepath ?? first;
}

/** What cosmiconfig is told a file holds: for package.json what it says, so that `pm` is looked up; else nothing of interest. */
function toMarker(path: string, content: string): unknown {
  if (!path.endsWith('package.json')) return {};
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return {};
  }
}

const redirections = ['json', 'yaml', 'yml', 'js', 'ts', 'cjs', 'mjs'].map((ending) => `.config/config.${ending}`);

/**
 * cosmiconfig reads these in the working directory while it is constructed, runs the scripts among them inside this process,
 * and lets them send the search elsewhere: PID 1 does not. False when the folder's package.json would make it throw.
 */
function canConstruct(folder: string): boolean {
  const redirection = [...redirections, 'package.yaml'].find((name) => existsSync(join(folder, name)));
  const manifest = redirection === undefined ? readManifest(folder) : {};
  if (redirection !== undefined) throw refuseRedirection(join(folder, redirection));
  if (manifest !== undefined && 'cosmiconfig' in manifest) throw refuseRedirection(join(folder, 'package.json'));
  return manifest !== undefined;
}

/** The package.json of a folder: empty when there is none, undefined when it is broken. */
function readManifest(folder: string): object | undefined {
  const path = join(folder, 'package.json');
  if (!isPresent(path)) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function refuseRedirection(path: string): ConfigError {
  return new ConfigError(
    'PM_CONFIG_NOT_FOUND',
    `${path} could redirect the search for a configuration, which pm does not follow`,
    [],
    {
      hint: 'Name the file with --config or PM_CONFIG, or call it pm.yaml.',
    },
  );
}

function isPresent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
