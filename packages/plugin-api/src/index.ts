import type { Section } from '@pm-supervisor/core';
import type { ApiRegistry } from './registry.ts';
import type { AclOptions, TlsOptions } from './section.ts';

export { api } from './plugin.ts';
export type {
  AnsweredRequest,
  ApiRegistry,
  PluginAnswer,
  PluginHandler,
  PluginRequest,
  PluginRoute,
} from './registry.ts';
export type { AclOptions, ApiOptions, CallerRole, FlatKeys, RateOptions, TlsOptions, TokenOptions } from './section.ts';

declare module '@pm-supervisor/core' {
  interface PluginApis {
    api: ApiRegistry;
  }
  interface ProcessSections {
    scale_locked: Section<boolean, boolean>;
  }
  interface GlobalSections {
    api_enabled: Section<boolean, boolean>;
    api_port: Section<number, number>;
    api_socket: Section<string, string>;
    api_auth: Section<string, string>;
    api_tls: Section<TlsOptions, TlsOptions>;
    api_acl: Section<AclOptions, AclOptions>;
    api_max_request_body: Section<number | string, number>;
    audit_enabled: Section<boolean, boolean>;
  }
  interface EventPayloads {
    /** Somebody was not let in: without a token, by role, by address, by rate. */
    'api.denied': {
      readonly from: string;
      readonly caller?: string;
      readonly method: string;
      readonly path: string;
      readonly code: string;
      /** Others before it that were too many to be told. */
      readonly suppressed: number;
    };
  }
}
