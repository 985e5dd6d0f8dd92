import { fields } from '@pm-supervisor/core';
import { isAddressRange } from './access/ranges.ts';
import type { Role } from './routes/route.ts';

/** What a token, or a client, may do: read, or also control processes, or also change what there is to run. */
export type CallerRole = Exclude<Role, 'public'>;

/** A token of one caller. */
export interface TokenOptions {
  readonly name: string;
  readonly token: string;
  readonly role?: CallerRole;
}

/** TLS on TCP. Files are PEM. */
export interface TlsOptions {
  readonly enabled?: boolean;
  readonly cert_file?: string;
  readonly key_file?: string;
  readonly ca_file?: string;
  readonly client_auth?: 'none' | 'optional' | 'require';
  readonly min_version?: '1.2' | '1.3';
  readonly auto_reload?: boolean;
}

/** Which addresses may come, on TCP. */
export interface AclOptions {
  readonly enabled?: boolean;
  readonly mode?: 'allow' | 'deny';
  readonly allow_list?: readonly string[];
  readonly deny_list?: readonly string[];
  readonly trust_proxy?: boolean | readonly string[];
}

/** Requests of one peer: how many a second over time, and how many at once. */
export interface RateOptions {
  readonly per_second?: number;
  readonly burst?: number;
}

/** What stands under `plugins.api`, after its schema. */
export interface ApiOptions {
  /** Path of the control socket. Default `pm.sock` in the runtime directory. */
  readonly socket?: string;
  readonly socket_mode?: number;
  /** Where TCP listens. Default 127.0.0.1; `*` is every address. */
  readonly host?: string;
  /** Without it there is no TCP. */
  readonly port?: number;
  /** One token that may do everything. */
  readonly token?: string;
  readonly tokens?: readonly TokenOptions[];
  readonly tls?: TlsOptions;
  readonly acl?: AclOptions;
  /** Bytes. Default 8 MB. */
  readonly max_request_body?: number;
  /** On TCP, by address. Default 100 a second, 200 at once; false: no limit. */
  readonly rate_limit?: RateOptions | false;
  /** Write every change, and every refused caller, into the log. Default true; events tell them in any case. */
  readonly audit?: boolean;
}

/** PHPeek PM's flat keys under `global`, each an option of the plugin. */
export interface FlatKeys {
  readonly api_enabled?: boolean;
  readonly api_port?: number;
  readonly api_socket?: string;
  readonly api_auth?: string;
  readonly api_tls?: TlsOptions;
  readonly api_acl?: AclOptions;
  readonly api_max_request_body?: number;
  readonly audit_enabled?: boolean;
}

type Schema<T> = fields.Schema<T>;

const port = fields.integer({ min: 1, max: 65_535, example: 9180 });

const tls: Schema<TlsOptions> = fields.mapOf<TlsOptions>(
  {
    enabled: fields.flag(),
    cert_file: fields.path('the path of a certificate'),
    key_file: fields.path('the path of a key'),
    ca_file: fields.path('the path of a certificate'),
    client_auth: fields.oneOf(['none', 'optional', 'require'], {
      request: 'optional',
      verify: 'optional',
      verify_if_given: 'optional',
      require_and_verify: 'require',
    }),
    min_version: fields.oneOf(['1.2', '1.3'], { 'TLS1.2': '1.2', 'TLS1.3': '1.3', 'TLSv1.2': '1.2', 'TLSv1.3': '1.3' }),
    auto_reload: fields.flag(),
  },
  { what: 'a map of TLS settings' },
);

const range: Schema<string> = fields.refine(fields.text({ what: 'an address such as 10.0.0.0/8' }), (text, refuse) => {
  if (!isAddressRange(text))
    refuse(`"${text}" is no address and no range`, 'Write 10.0.0.7, 10.0.0.0/8, ::1 or fd00::/8.');
  return text;
});

const ranges = fields.listOf(range, { what: 'a list of addresses', orOne: true });

const acl: Schema<AclOptions> = fields.mapOf<AclOptions>(
  {
    enabled: fields.flag(),
    mode: fields.oneOf(['allow', 'deny'], {
      allowlist: 'allow',
      whitelist: 'allow',
      denylist: 'deny',
      blacklist: 'deny',
    }),
    allow_list: ranges,
    deny_list: ranges,
    trust_proxy: fields.choiceOf<boolean | string[]>({ what: 'true, or a list of addresses of proxies' }, [
      { when: (input) => typeof input === 'boolean', schema: fields.flag() },
      { when: () => true, schema: ranges },
    ]),
  },
  { what: 'a map of access rules' },
);

const role = fields.oneOf(['read', 'operate', 'admin']);

const secret: Schema<string> = fields.refine(fields.text({ what: 'a token' }), (text, refuse) => {
  if (!/^[\x21-\x7e]+$/.test(text))
    refuse('has characters that a header cannot carry', 'Use letters, digits and punctuation.');
  return text;
});

const tokenName: Schema<string> = fields.refine(fields.text({ what: 'a name' }), (text, refuse) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(text))
    refuse(`"${text}" is no name`, 'Use letters, digits, ".", "_" and "-".');
  if (reservedNames.has(text)) refuse(`"${text}" is the name of callers without a token`, 'Use another name.');
  return text;
});

/** Callers that have no token of their own. */
const reservedNames: ReadonlySet<string> = new Set(['socket', 'anonymous']);

const tokens = fields.listOf(
  fields.mapOf<TokenOptions>(
    { name: tokenName, token: secret, role },
    { what: 'a token', required: ['name', 'token'] },
  ),
  { what: 'a list of tokens' },
);

const rate: Schema<RateOptions | false> = fields.choiceOf<RateOptions | false>({ what: 'a map of limits, or false' }, [
  { when: (input) => input === false, schema: fields.refine(fields.flag(), () => false as const) },
  {
    when: () => true,
    schema: fields.mapOf<RateOptions>(
      {
        per_second: fields.decimal({ min: 0.1, max: 1_000_000, example: 100 }),
        burst: fields.integer({ min: 1, max: 1_000_000, example: 200 }),
      },
      { what: 'a map of limits, or false' },
    ),
  },
]);

/** A mode in octal digits: what YAML's `0600` arrives as. */
const mode: Schema<number> = fields.refine(fields.text({ what: 'a file mode such as "0600"' }), (text, refuse) => {
  const digits = /^(?:0o?)?([0-7]{3})$/.exec(text)?.[1];
  if (digits === undefined) refuse(`"${text}" is no file mode`, 'Write octal digits in quotes: "0600".');
  return Number.parseInt(digits ?? '600', 8);
});

/** The schema of `plugins.api`. */
export const optionsSchema: Schema<ApiOptions> = fields.mapOf<ApiOptions>(
  {
    socket: fields.path('the path of a socket'),
    socket_mode: mode,
    host: fields.text({ what: 'an address' }),
    port,
    token: secret,
    tokens,
    tls,
    acl,
    max_request_body: fields.size(),
    rate_limit: rate,
    audit: fields.flag(),
  },
  { what: 'a map of options' },
);

/** The schemas of the flat keys. */
export const flatKeys: { readonly [K in keyof FlatKeys]-?: Schema<unknown> } = {
  api_enabled: fields.flag(),
  api_port: port,
  api_socket: fields.path('the path of a socket'),
  api_auth: secret,
  api_tls: tls,
  api_acl: acl,
  api_max_request_body: fields.size(),
  audit_enabled: fields.flag(),
};

/** `processes.NAME.scale_locked`: the number of instances is not to be changed by commands. */
export const scaleLocked: Schema<boolean> = fields.flag();
