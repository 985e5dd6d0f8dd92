import { pathToFileURL } from 'node:url';
import * as core from '@pm-supervisor/core';
import type { CliContext } from './context.ts';
import { serveCore, shareCore } from './entry/shared-core.ts';

/** Loads plugins from files as Node does, with the core they import being ours. Most runs load none and pay nothing. */
export function createPluginModules({ coreUrl, importModule }: CliContext): core.ModuleLoader {
  let served = coreUrl === undefined;
  shareCore(core);
  return {
    ...core.nodeModules,
    load(file) {
      if (!served && coreUrl !== undefined) serveCore(coreUrl);
      served = true;
      return importModule === undefined ? core.nodeModules.load(file) : importModule(pathToFileURL(file).href);
    },
  };
}
