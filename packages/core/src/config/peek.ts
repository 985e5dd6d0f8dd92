import { ConfigError } from '../errors.ts';
import { findConfig } from './find.ts';
import { interpolateConfig } from './interpolate-config.ts';
import { mergeLayers, type RawMap } from './layer.ts';
import { loadSources, type LoadRequest } from './load.ts';
import { readText } from './read-text.ts';

/** What a configuration says, unchecked. */
export interface ConfigPeek {
  /** Absolute path of the main file. */
  readonly origin: string;
  readonly value: RawMap;
}

/**
 * What the configuration says, for who only wants to look something up: merged and expanded as far as that goes, not
 * checked, without plugins and without the environment's overrides. undefined where there is none, where its text holds
 * none of `words` (then it is not even parsed), or where code would have to run for it. Throws ConfigError where it may
 * hold them and cannot be read.
 */
export async function peekConfig(request: LoadRequest, words: readonly string[]): Promise<ConfigPeek | undefined> {
  const text = await readMain(request);
  // What it extends may hold them.
  if (text === undefined || ![...words, 'extends'].some((word) => text.includes(word))) return undefined;
  const sources = await loadSources(request, { evaluateModule: refuseCode });
  const { merged } = interpolateConfig(mergeLayers(sources.layers), { env: request.env, readFile: sources.readFile });
  return { origin: sources.origin, value: merged.value };
}

async function readMain(request: LoadRequest): Promise<string | undefined> {
  try {
    const path = await findConfig(request);
    const text = isCode(path) ? undefined : readText(path);
    return text?.ok === true ? text.text : undefined;
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'PM_CONFIG_NOT_FOUND') return undefined;
    throw error;
  }
}

function isCode(path: string): boolean {
  return /\.[cm]?[jt]s$/.test(path);
}

function refuseCode(path: string): Promise<never> {
  return Promise.reject(new ConfigError('PM_CONFIG_UNREADABLE', `${path} is code, which is not run for this`, []));
}
