import type { Section } from '@pm-supervisor/core';
import type { HeartbeatApi } from './plugin.ts';
import type { HeartbeatInput, HeartbeatSpec } from './section.ts';

export { heartbeat } from './plugin.ts';
export type { HeartbeatApi, HeartbeatOptions } from './plugin.ts';
export type { HeartbeatInput, HeartbeatSpec } from './section.ts';

// region types
declare module '@pm-supervisor/core' {
  interface ProcessSections {
    heartbeat: Section<HeartbeatInput, HeartbeatSpec>;
  }
  interface PluginApis {
    heartbeat: HeartbeatApi;
  }
  interface EventPayloads {
    'heartbeat.missed': { readonly process: string; readonly instance: string; readonly message: string };
    'heartbeat.recovered': { readonly process: string; readonly instance: string; readonly missed: number };
  }
}
// endregion
