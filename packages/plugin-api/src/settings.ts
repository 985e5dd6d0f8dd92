import type { AclSettings } from './access/acl.ts';
import type { AclOptions, ApiOptions, CallerRole, FlatKeys, TlsOptions } from './section.ts';

export interface TokenSettings {
  readonly name: string;
  readonly token: string;
  readonly role: CallerRole;
}

export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
  readonly clientAuth: 'none' | 'optional' | 'require';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** New certificates are taken up when the files change. */
  readonly autoReload: boolean;
}

export interface TcpSettings {
  /** An address, a name, or `*` for every address. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings;
  readonly acl?: AclSettings;
}

/** Everything the server is set up with. Plain data: two that are equal need no new server. */
export interface ApiSettings {
  /** Absent: `pm.sock` in the runtime directory. */
  readonly socket?: string;
  readonly socketMode: number;
  readonly tcp?: TcpSettings;
  readonly tokens: readonly TokenSettings[];
  /** Bytes. */
  readonly maxBody: number;
  /** Of one address on TCP; absent: no limit. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly audit: boolean;
}

const defaultPort = 9180;
const megabyte = 1_000_000;

/** Joins the plugin's options with the flat keys; an option wins over its flat key. */
export function toSettings(options: ApiOptions, flat: FlatKeys): ApiSettings {
  const socket = options.socket ?? flat.api_socket;
  const tokens = listTokens(options, flat).map(({ settings }) => settings);
  const tcp = toTcp(options, flat, tokens.length > 0);
  const { rate_limit: rate = {} } = options;
  return {
    ...(socket === undefined ? {} : { socket }),
    socketMode: options.socket_mode ?? 0o600,
    ...(tcp === undefined ? {} : { tcp }),
    tokens,
    maxBody: options.max_request_body ?? flat.api_max_request_body ?? 8 * megabyte,
    ...(rate === false ? {} : { rate: { perSecond: rate.per_second ?? 100, burst: rate.burst ?? 200 } }),
    audit: options.audit ?? flat.audit_enabled ?? true,
  };
}

/** A token, and the key of the configuration it is written at. */
export interface WrittenToken {
  readonly path: string;
  readonly settings: TokenSettings;
}

export function listTokens(
  { token, tokens = [] }: ApiOptions,
  { api_auth: flatToken }: FlatKeys,
): readonly WrittenToken[] {
  const single = token ?? flatToken;
  const path = token === undefined ? 'global.api_auth' : 'plugins.api.token';
  return [
    ...(single === undefined ? [] : [{ path, settings: { name: 'token', token: single, role: 'admin' as const } }]),
    ...tokens.map(({ name, token: secret, role = 'read' }, index) => ({
      path: `plugins.api.tokens[${index}]`,
      settings: { name, token: secret, role },
    })),
  ];
}

function toTcp(options: ApiOptions, flat: FlatKeys, hasToken: boolean): TcpSettings | undefined {
  const flatPort =
    flat.api_enabled === false ? undefined : (flat.api_port ?? (flat.api_enabled ? defaultPort : undefined));
  const port = options.port ?? flatPort;
  if (port === undefined) return undefined;
  const tls = toTls(options.tls ?? flat.api_tls);
  const acl = toAcl(options.acl ?? flat.api_acl);
  // PHPeek PM listens on every address; without credentials that is a door for everybody.
  const isOpen = options.port === undefined && (hasToken || tls?.clientAuth === 'require');
  return {
    host: options.host ?? (isOpen ? '*' : '127.0.0.1'),
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(acl === undefined ? {} : { acl }),
  };
}

function toTls(options: TlsOptions | undefined): TlsSettings | undefined {
  if (options === undefined || options.enabled === false) return undefined;
  return {
    certFile: options.cert_file ?? '',
    keyFile: options.key_file ?? '',
    ...(options.ca_file === undefined ? {} : { caFile: options.ca_file }),
    clientAuth: options.client_auth ?? 'none',
    minVersion: options.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    autoReload: options.auto_reload ?? true,
  };
}

function toAcl(options: AclOptions | undefined): AclSettings | undefined {
  if (options === undefined || options.enabled === false) return undefined;
  const { allow_list: allowList = [], deny_list: denyList = [], trust_proxy: trustProxy = false } = options;
  return { mode: options.mode ?? (allowList.length > 0 ? 'allow' : 'deny'), allowList, denyList, trustProxy };
}
