import { resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { knownPlugins } from '../config/owned-keys.ts';
import { didYouMean } from '../config/suggest.ts';
import { PluginError } from '../errors.ts';
import { pickExport, toDefinition } from './definition.ts';
import type { ModuleLoader } from './modules.ts';
import { isFactory, type PluginDefinition, pluginMark } from './plugin.ts';

/** A plugin that pm carries with it: loaded only when it is used. */
export interface BundledPlugin {
  load(): Promise<unknown>;
  /** On whatever the configuration has, unless it says `NAME: false`. Default false. */
  readonly always?: boolean;
}

/** One entry under `plugins`, or one that an owned key switched on, or one that is always on. */
export interface PluginRequest {
  /** As written: a name, a package, a path. */
  readonly key: string;
  readonly options: unknown;
  readonly reason: 'config' | 'owned-key' | 'always';
}

export interface ResolvePorts {
  readonly bundled: Readonly<Record<string, BundledPlugin>>;
  readonly modules: ModuleLoader;
  /** Folders to resolve from, first wins: the configuration file's, the working directory, pm's own. */
  readonly folders: readonly string[];
}

export interface ResolvedPlugin {
  readonly request: PluginRequest;
  readonly definition: PluginDefinition;
  /** The file, or `bundled`. */
  readonly from: string;
}

/** A problem of the options, below the plugin's key. */
export interface OptionIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The options do not pass the plugin's own schema. */
export class PluginOptionsError extends PluginError {
  readonly issues: readonly OptionIssue[];

  constructor(plugin: string, issues: readonly OptionIssue[]) {
    super('PM_PLUGIN_INVALID', `the options of plugin "${plugin}" are wrong: ${issues[0]?.message ?? ''}`, {
      plugin,
      hook: 'options',
    });
    this.issues = issues;
  }
}

/**
 * Finds a plugin: a bundled one, then `@pm-supervisor/plugin-NAME`, then `pm-plugin-NAME`, then what is written as
 * it is. Throws PluginError: PM_PLUGIN_NOT_FOUND saying where was looked, or PM_PLUGIN_INVALID.
 */
export async function resolvePlugin(request: PluginRequest, ports: ResolvePorts): Promise<ResolvedPlugin> {
  const { exported, from } = await findExport(request.key, ports);
  const options = await checkOptions(exported, request);
  return { request, definition: toDefinition(exported, options, { key: request.key, from }), from };
}

async function findExport(key: string, ports: ResolvePorts): Promise<{ exported: unknown; from: string }> {
  const bundled = Object.hasOwn(ports.bundled, key) ? ports.bundled[key] : undefined;
  if (bundled !== undefined)
    return { exported: pickExport(await loadBundled(key, bundled), { key, from: 'bundled' }), from: 'bundled' };
  const candidates = toSpecifiers(key);
  for (const folder of ports.folders) {
    for (const specifier of candidates) {
      const file = resolveIn(specifier, folder, key, ports);
      if (file !== undefined)
        return { exported: pickExport(await loadFile(file, key, ports), { key, from: file }), from: file };
    }
  }
  throw toNotFound(key, candidates, ports);
}

function toSpecifiers(key: string): readonly string[] {
  if (isPath(key)) return [key];
  return key.includes('/') ? [key] : [`@pm-supervisor/plugin-${key}`, `pm-plugin-${key}`, key];
}

function isPath(key: string): boolean {
  return /^(\.{1,2}\/|\/|file:)/.test(key);
}

function resolveIn(specifier: string, folder: string, key: string, { modules }: ResolvePorts): string | undefined {
  try {
    if (!isPath(specifier)) return modules.resolve(specifier, folder);
    return modules.resolve(
      specifier.startsWith('file:') ? fileURLToPath(specifier) : resolvePath(folder, specifier),
      folder,
    );
  } catch (cause) {
    throw toLoadError(key, specifier, cause);
  }
}

async function loadBundled(key: string, bundled: BundledPlugin): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await bundled.load()) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw toLoadError(key, 'bundled', cause);
  }
}

async function loadFile(
  file: string,
  key: string,
  { modules }: ResolvePorts,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await modules.load(file);
  } catch (cause) {
    throw toLoadError(key, file, cause);
  }
}

/** The module's own error is what helps: a syntax error, a package that it needs. */
function toLoadError(key: string, from: string, cause: unknown): PluginError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new PluginError(
    'PM_PLUGIN_INVALID',
    `plugin "${key}" (${from}) cannot be loaded: ${reason}`,
    { plugin: key, hook: 'resolve' },
    {
      hint: toLoadHint(reason ?? ''),
      cause,
    },
  );
}

function toLoadHint(reason: string): string {
  if (/Cannot find (module|package)/.test(reason)) return 'Install what it needs beside it.';
  if (/import statement outside a module|Unexpected token 'export'/.test(reason)) {
    return 'Name it .mjs (.mts), or set "type": "module" in the package.json next to it.';
  }
  return 'Correct the module.';
}

function toNotFound(key: string, candidates: readonly string[], { bundled, folders }: ResolvePorts): PluginError {
  const where = [...new Set(folders)].join(', ');
  const message = isPath(key)
    ? `there is no file for plugin "${key}" (seen from ${where})`
    : `plugin "${key}" is not installed: none of ${candidates.join(', ')} is found from ${where}`;
  const hint = isPath(key) ? 'Paths are relative to the configuration file.' : toInstallHint(key, candidates, bundled);
  return new PluginError('PM_PLUGIN_NOT_FOUND', message, { plugin: key, hook: 'resolve' }, { hint });
}

/** A name that is nearly one of ours is a misspelling: what has the misspelt name on npm is a stranger's. */
function toInstallHint(key: string, [own, others]: readonly string[], bundled: ResolvePorts['bundled']): string {
  if (knownPlugins.includes(key)) return `Install it (npm install ${own ?? key}), or remove it.`;
  const meant = didYouMean(key, [...Object.keys(bundled), ...knownPlugins]);
  return meant ?? `Install it (npm install ${others ?? key}), or remove it.`;
}

/** `true` and nothing mean "with its defaults". The schema says what the factory gets. */
async function checkOptions(exported: unknown, { key, options }: PluginRequest): Promise<unknown> {
  const given = options === true || options === null ? undefined : options;
  const schema = isFactory(exported) ? exported[pluginMark].options : undefined;
  if (schema === undefined) return given;
  const result = await schema['~standard'].validate(given ?? {});
  if (result.issues === undefined) return result.value;
  throw new PluginOptionsError(key, result.issues.map(toOptionIssue));
}

function toOptionIssue({ message, path = [] }: StandardSchemaV1.Issue): OptionIssue {
  return { message, path: path.map((step) => (typeof step === 'object' ? step.key : step)) };
}
