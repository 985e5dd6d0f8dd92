import { pathToFileURL } from 'node:url';
import * as core from '@pm-supervisor/core';
import type { CliContext } from './context.ts';
import { shareCore } from './entry/shared-core.ts';

/** Loads plugins from files as Node does, with the core they import being ours. Most runs load none and pay nothing. */
export function createPluginModules({ coreUrl, importModule }: CliContext): core.ModuleLoader {
  let shared = coreUrl === undefined;
  return {
    ...core.nodeModules,
    load(file) {
      if (!shared && coreUrl !== undefined) shareCore(core, coreUrl);
      shared = true;
      return importModule === undefined ? core.nodeModules.load(file) : importModule(pathToFileURL(file).href);
    },
  };
}
