import type { BundledPlugin, ModuleLoader } from '@pm-supervisor/core';
import * as api from '@pm-supervisor/plugin-api';
import type { CliContext } from './context.ts';
import { createPluginModules } from './plugin-modules.ts';

/** Where plugins come from: those that pm carries, and how files are loaded. */
export interface PluginSources {
  readonly bundled: Readonly<Record<string, BundledPlugin>>;
  readonly modules: ModuleLoader;
}

/** Plugins that pm carries. The API is used always, for its socket. */
const bundled: PluginSources['bundled'] = {
  api: { load: async () => api, always: true },
};

/** The same for every verb: what `pm check` accepts is what `pm run` runs. */
export function createPluginSources(context: CliContext): PluginSources {
  return { bundled, modules: createPluginModules(context) };
}
