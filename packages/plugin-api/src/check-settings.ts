import type { Findings } from '@pm-supervisor/core';
import type { AclSettings } from './access/acl.ts';
import { isLoopback } from './access/ranges.ts';
import type { ApiOptions, FlatKeys } from './section.ts';
import { listTokens, type TlsSettings, toSettings, type WrittenToken } from './settings.ts';

/** What a check needs from the outside. */
export interface SettingsFacts {
  /** Why a file cannot be read; undefined: it can. */
  readonly whyUnreadable: (path: string) => string | undefined;
}

/** A token that can be guessed in time: `openssl rand -hex 16` makes 32 characters. */
const shortestToken = 16;

/** Reports what is wrong with the settings, at the keys they were written under. */
export function checkSettings(
  options: ApiOptions,
  flat: FlatKeys,
  { findings, facts }: { findings: Findings; facts: SettingsFacts },
): void {
  const settings = toSettings(options, flat);
  const pathOf = (key: keyof ApiOptions, flatKey: keyof FlatKeys): string =>
    options[key] === undefined && flat[flatKey] !== undefined ? `global.${flatKey}` : `plugins.api.${key}`;
  checkTokens(listTokens(options, flat), findings);
  const { tcp } = settings;
  if (tcp === undefined) return checkUnused(options, flat, findings);
  const portPath = pathOf('port', flat.api_port === undefined ? 'api_enabled' : 'api_port');
  if (!isLoopback(tcp.host) && settings.tokens.length === 0 && tcp.tls?.clientAuth !== 'require') {
    findings.error(
      options.host === undefined ? portPath : 'plugins.api.host',
      `the API would listen on ${tcp.host === '*' ? 'every address' : tcp.host} for everybody: there is no token, and no client certificate is required`,
      'Set plugins.api.token (openssl rand -hex 16), or tls.client_auth: require, or listen on 127.0.0.1.',
    );
  }
  if (tcp.tls !== undefined) checkTls(tcp.tls, { findings, facts, path: pathOf('tls', 'api_tls') });
  checkAcl(tcp.acl, { findings, path: pathOf('acl', 'api_acl') });
}

function checkTokens(tokens: readonly WrittenToken[], findings: Findings): void {
  for (const [index, { path, settings }] of tokens.entries()) {
    const { name, token } = settings;
    const earlier = tokens.slice(0, index).map((other) => other.settings);
    if (earlier.some((other) => other.name === name))
      findings.error(
        path,
        `there are two tokens with the name "${name}"`,
        'Give each its own name: the audit tells them apart by it.',
      );
    if (earlier.some((other) => other.token === token))
      findings.error(path, 'the same token is given twice', 'Give each caller a token of its own.');
    if (token.length < shortestToken)
      findings.warning(
        path,
        `the token "${name}" has ${token.length} characters and can be guessed`,
        `Use at least ${shortestToken}: openssl rand -hex 16.`,
      );
  }
}

/** Settings of TCP without TCP: somebody thinks that it is on. */
function checkUnused(options: ApiOptions, flat: FlatKeys, findings: Findings): void {
  for (const key of ['host', 'tls', 'acl', 'rate_limit'] as const) {
    if (options[key] !== undefined)
      findings.warning(`plugins.api.${key}`, 'has no effect: the API listens on no port', 'Set plugins.api.port.');
  }
  for (const key of ['api_tls', 'api_acl'] as const) {
    if (flat[key] !== undefined && flat.api_enabled !== false)
      findings.warning(`global.${key}`, 'has no effect: the API listens on no port', 'Set global.api_port.');
  }
}

interface Check {
  readonly findings: Findings;
  readonly path: string;
}

function checkTls(tls: TlsSettings, { findings, facts, path }: Check & { facts: SettingsFacts }): void {
  if (tls.certFile === '' || tls.keyFile === '')
    findings.error(
      path,
      'needs both cert_file and key_file',
      'Give the paths of a certificate and of its key, in PEM.',
    );
  if (tls.clientAuth !== 'none' && tls.caFile === undefined)
    findings.error(
      path,
      `client_auth: ${tls.clientAuth} needs a ca_file`,
      'Give the certificate that signed those of the clients.',
    );
  const files = { cert_file: tls.certFile, key_file: tls.keyFile, ca_file: tls.caFile ?? '' };
  for (const [key, file] of Object.entries(files)) {
    const why = file === '' ? undefined : facts.whyUnreadable(file);
    if (why !== undefined)
      findings.error(`${path}.${key}`, `${file} cannot be read: ${why}`, 'It is read by the user that pm runs as.');
  }
}

function checkAcl(acl: AclSettings | undefined, { findings, path }: Check): void {
  if (acl?.mode === 'allow' && acl.allowList.length === 0)
    findings.warning(
      path,
      'lets nobody in: the mode is allow, and allow_list is empty',
      'List those who may come in, or remove it.',
    );
}
