/**
 * What plugins provide to each other, by name. A plugin that provides something declares it by merging:
 * `declare module '@pm-supervisor/core' { interface PluginApis { heartbeat: { lastBeat(instance: string): number | undefined } } }`.
 * Typed keys of the configuration are declared the same way, see `ProcessSections`, `GlobalSections`, `RootSections`.
 */
export interface PluginApis {}

/** A name something can be provided under. */
export type ApiName = Extract<keyof PluginApis, string>;
