import { didYouMean, listNames } from '../config/suggest.ts';
import { PluginError } from '../errors.ts';
import { pluginApiVersion } from '../version.ts';
import { isFactory, type PluginDefinition, pluginMark } from './plugin.ts';
import { isInRange } from './version-range.ts';

const knownKeys = ['name', 'core', 'requires', 'after', 'stage', 'sections', 'layer', 'setup'];
const namePattern = /^[a-z0-9][a-z0-9-]*$/;

/** What a module exports is not always the plugin itself: who wants what, for messages. */
export interface PluginSource {
  /** As written under `plugins`. */
  readonly key: string;
  /** A file, or `bundled`. */
  readonly from: string;
}

/**
 * The plugin a module exports: its default export, or the one export that is a plugin. Throws PluginError saying what
 * was found instead.
 */
export function pickExport(exports: Readonly<Record<string, unknown>>, source: PluginSource): unknown {
  // A CommonJS module's `module.exports`, also when a bundler wrapped it once more.
  const main = unwrapDefault(exports['default']);
  if (main !== undefined && looksLikePlugin(main)) return main;
  const candidates = Object.entries(exports).filter(
    ([name, value]) => name !== 'default' && name !== 'module.exports' && looksNamed(value),
  );
  const factories = candidates.filter(([, value]) => isFactory(value));
  const picked = factories.length > 0 ? factories : candidates;
  if (picked.length === 1) return picked[0]?.[1];
  if (picked.length > 1)
    throw refuse(
      source,
      `exports several plugins: ${listNames(picked.map(([name]) => name))}`,
      'Make one of them the default export.',
    );
  if (main !== undefined) throw refuse(source, ...explainStranger(main));
  const names = Object.keys(exports);
  throw refuse(source, names.length === 0 ? 'exports nothing' : `exports no plugin, only ${listNames(names)}`, howTo);
}

/** Makes a definition of what a module exports, with the options the user gave, and checks it. */
export function toDefinition(exported: unknown, options: unknown, source: PluginSource): PluginDefinition {
  const definition = typeof exported === 'function' ? callFactory(exported, options, source) : exported;
  if (typeof exported !== 'function' && options !== undefined && !isEmpty(options)) {
    throw refuse(
      source,
      'takes no options',
      `Write "${source.key}: true", or export a function from options to the plugin.`,
    );
  }
  checkDefinition(definition, source);
  return definition;
}

const howTo =
  'Export default definePlugin((options) => ({ name, setup(pm) { … } })), see "write a plugin" in the documentation.';

function unwrapDefault(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'default' in value && !('setup' in value)
    ? value.default
    : value;
}

/** A default export is meant to be it: a function may be a factory, an object a plugin. Whether it is one is checked later. */
function looksLikePlugin(value: unknown): boolean {
  if (typeof value === 'function') return isFactory(value) || explainForeign(value) === undefined;
  return typeof value === 'object' && value !== null && 'name' in value && explainForeign(value) === undefined;
}

/** A named export may be anything: only what has the looks of a plugin counts. */
function looksNamed(value: unknown): boolean {
  if (isFactory(value)) return true;
  if (typeof value === 'function' || !looksLikePlugin(value)) return false;
  return ['setup', 'layer', 'sections'].some((key) => key in (value as object));
}

function callFactory(factory: object, options: unknown, source: PluginSource): unknown {
  try {
    return (factory as (options?: unknown) => unknown)(options);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw refuse(source, `could not be created: ${message}`, 'Check its options.', cause);
  }
}

function checkDefinition(value: unknown, source: PluginSource): asserts value is PluginDefinition {
  if (value instanceof Promise) {
    value.catch(() => undefined);
    throw refuse(source, 'was created by an async function', 'Return the plugin at once; wait in its setup.');
  }
  if (typeof value !== 'object' || value === null) throw refuse(source, ...explainStranger(value));
  const unknown = Object.keys(value).find((key) => !knownKeys.includes(key));
  if (unknown !== undefined) throw refuse(source, ...(explainForeign(value) ?? explainKey(unknown)));
  checkMembers(value as Readonly<Record<string, unknown>>, source);
  checkCore(value as PluginDefinition, source);
}

function checkMembers(value: Readonly<Record<string, unknown>>, source: PluginSource): void {
  const { name } = value;
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw refuse(
      source,
      `has the name ${JSON.stringify(name)}`,
      'A name has small letters, digits and dashes, like "heartbeat".',
    );
  }
  for (const key of ['setup', 'layer']) {
    if (value[key] !== undefined && typeof value[key] !== 'function')
      throw refuse(source, `has a ${key} that is no function`, howTo);
  }
  for (const key of ['requires', 'after']) {
    const list = value[key] ?? [];
    if (!Array.isArray(list) || list.some((item) => typeof item !== 'string'))
      throw refuse(source, `has "${key}" that is no list of names`, howTo);
  }
  const sections = value['sections'] ?? {};
  const place = typeof sections === 'object' ? Object.keys(sections).find((key) => !places.includes(key)) : 'sections';
  if (place !== undefined) throw refuse(source, `has sections at "${place}"`, `Sections are at ${listNames(places)}.`);
}

const places = ['root', 'global', 'process', 'logging'];

function checkCore({ core }: PluginDefinition, source: PluginSource): void {
  if (core === undefined) return;
  try {
    if (isInRange(pluginApiVersion, core)) return;
  } catch (cause) {
    throw refuse(
      source,
      `has core: ${JSON.stringify(core)}`,
      cause instanceof Error ? `${cause.message}.` : howTo,
      cause,
    );
  }
  throw refuse(
    source,
    `is made for plugin interface ${core}; this is ${pluginApiVersion}`,
    'Install a version of the plugin made for it, or another pm.',
  );
}

function explainKey(key: string): readonly [string, string] {
  return [`has an unknown property "${key}"`, didYouMean(key, knownKeys) ?? `It may have: ${knownKeys.join(', ')}.`];
}

function explainStranger(value: unknown): readonly [string, string] {
  return (
    explainForeign(value) ?? [
      `is ${typeof value === 'function' ? 'a function' : `of type ${value === null ? 'null' : typeof value}`}, not a plugin`,
      howTo,
    ]
  );
}

/** Plugins of other tools, known by their shape. */
function explainForeign(value: unknown): readonly [string, string] | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  if (pluginMark in value) return undefined;
  if ('apply' in value && Object.hasOwn(value, 'apply') && !('setup' in value)) return foreign('webpack');
  const prototype: unknown = typeof value === 'function' ? (value.prototype as unknown) : Object.getPrototypeOf(value);
  if (typeof prototype === 'object' && prototype !== null && 'apply' in prototype && Object.hasOwn(prototype, 'apply'))
    return foreign('webpack');
  if (['resolveId', 'transform', 'buildStart', 'generateBundle', 'configureServer'].some((key) => key in value))
    return foreign('Vite or Rollup');
  if (Symbol.for('skip-override') in value) return foreign('Fastify');
  return undefined;
}

function foreign(tool: string): readonly [string, string] {
  return [`looks like a ${tool} plugin`, 'Only plugins made for pm can be used here.'];
}

function isEmpty(options: unknown): boolean {
  return options === true || options === null || (typeof options === 'object' && Object.keys(options).length === 0);
}

function refuse({ key, from }: PluginSource, problem: string, hint: string, cause?: unknown): PluginError {
  return new PluginError(
    'PM_PLUGIN_INVALID',
    `plugin "${key}" (${from}) ${problem}`,
    { plugin: key, hook: 'resolve' },
    { hint, cause },
  );
}
