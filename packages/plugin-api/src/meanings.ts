import type { AclOptions, ApiOptions, FlatKeys, TlsOptions, TokenOptions } from './section.ts';

/** What a key means and what it is without being written, for the reference page. */
export interface Meaning {
  readonly standard: string;
  readonly meaning: string;
}

/** The options of the plugin. */
export const optionMeanings: { readonly [K in keyof ApiOptions]-?: Meaning } = {
  socket: { standard: '`pm.sock` in the runtime directory', meaning: 'Path of the control socket. At most 107 bytes.' },
  socket_mode: { standard: '`"0600"`', meaning: 'Its file mode. Whoever may open it may do everything.' },
  host: { standard: '`127.0.0.1`', meaning: 'Where TCP listens: an address, a name, or `*` for every address.' },
  port: { standard: '–', meaning: 'Without it there is no TCP.' },
  token: { standard: '–', meaning: 'One token that may do everything.' },
  tokens: { standard: '–', meaning: 'Tokens of several callers, each with its name and role.' },
  tls: { standard: '–', meaning: 'TLS on TCP, and certificates of clients.' },
  acl: { standard: '–', meaning: 'Which addresses may come, on TCP.' },
  max_request_body: { standard: '`8MB`', meaning: 'A larger body is refused with 413.' },
  rate_limit: {
    standard: '`{per_second: 100, burst: 200}`',
    meaning: 'Requests of one address, on TCP; of IPv6, of one /64. `false`: no limit.',
  },
  audit: {
    standard: '`true`',
    meaning: 'Changes, and callers that are refused, are written into the log. Events tell them in any case.',
  },
};

/** The keys of one of `tokens`. */
export const tokenMeanings: { readonly [K in keyof TokenOptions]-?: Meaning } = {
  name: { standard: 'required', meaning: 'Shown as `api:NAME` in events and in the log.' },
  token: { standard: 'required', meaning: 'At least 16 characters, or a warning.' },
  role: {
    standard: '`read`',
    meaning:
      '`read` looks; `operate` also starts, stops, restarts, scales, signals; `admin` also creates and removes processes, reloads the configuration, and ends pm.',
  },
};

/** The keys of `tls`. */
export const tlsMeanings: { readonly [K in keyof TlsOptions]-?: Meaning } = {
  enabled: { standard: '`true`', meaning: '`false`: as if it were not written.' },
  cert_file: { standard: 'required', meaning: 'Certificate (and chain), PEM.' },
  key_file: { standard: 'required', meaning: 'Its key, PEM.' },
  ca_file: { standard: '–', meaning: 'Who signs the certificates of clients.' },
  client_auth: {
    standard: '`none`',
    meaning:
      '`require`: no connection without a certificate; `optional`: one that is right counts as a token with the role admin.',
  },
  min_version: { standard: '`1.2`', meaning: '`1.2` or `1.3`.' },
  auto_reload: { standard: '`true`', meaning: 'Files that changed are taken up by the next connection.' },
};

/** The keys of `acl`. */
export const aclMeanings: { readonly [K in keyof AclOptions]-?: Meaning } = {
  enabled: { standard: '`true`', meaning: '`false`: as if it were not written.' },
  mode: {
    standard: '`allow` with an `allow_list`, else `deny`',
    meaning: '`allow`: only those listed; `deny`: all but those listed.',
  },
  allow_list: { standard: '–', meaning: 'Addresses and ranges: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.' },
  deny_list: { standard: '–', meaning: 'The same; it wins over `allow_list`.' },
  trust_proxy: {
    standard: '`false`',
    meaning:
      'Whether the last entry of `X-Forwarded-For` is the address that counts: from anybody, from nobody, or from the proxies listed.',
  },
};

/** Which option a flat key under `global` is. */
export const flatKeyHomes: { readonly [K in keyof FlatKeys]-?: string } = {
  api_enabled: '`false`: no TCP; `true` without a port: port 9180',
  api_port: '`port`',
  api_socket: '`socket`',
  api_auth: '`token`',
  api_tls: '`tls`',
  api_acl: '`acl`',
  api_max_request_body: '`max_request_body`',
  audit_enabled: '`audit`',
};
