import { showEndpoint, type Endpoint } from '../endpoint.ts';
import { ClientError, DisconnectedError, ProtocolError, UnreachableError } from '../errors.ts';

/** What a failed exchange is, in words; `connected` tells a broken connection from none. Pure. */
export function toFailure(error: unknown, endpoint: Endpoint, connected: boolean): ClientError {
  if (error instanceof ClientError) return error;
  const code = codeOf(error);
  const place = showEndpoint(endpoint);
  if (code.startsWith('HPE_')) {
    return new ProtocolError(`what answers at ${place} does not speak HTTP`, { hint: hints.notPm, cause: error });
  }
  if (isRefusedByTls(error, code)) return toUnreachable(error, endpoint, 'CERTIFICATE_REQUIRED');
  if (!connected) return toUnreachable(error, endpoint, code);
  return new DisconnectedError(`the connection to ${place} broke before the answer was there`, {
    hint: toBreakHint(endpoint),
    cause: error,
  });
}

/** TLS 1.3 says so after the connection stands, TLS 1.2 before. */
function isRefusedByTls(error: unknown, code: string): boolean {
  const isAlert = error instanceof Error && error.message.includes('alert handshake failure');
  return code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' || isAlert;
}

/** A server that does not like how it is spoken to, or by whom, just hangs up. */
function toBreakHint(endpoint: Endpoint): string {
  const ended = 'The supervisor may have ended';
  if (endpoint.kind === 'socket') return `${ended}; what was asked for may have been done.`;
  const or = endpoint.secure ? 'it may not accept the certificate it was shown' : 'it may speak TLS: try https://';
  return `${ended}, or ${or}; what was asked for may have been done.`;
}

function toUnreachable(cause: unknown, endpoint: Endpoint, code: string): UnreachableError {
  const place = showEndpoint(endpoint);
  const { why, hint } = (endpoint.kind === 'socket' ? socketReasons : tcpReasons)[code] ?? {
    why: cause instanceof Error ? cause.message : String(cause),
    hint: undefined,
  };
  return new UnreachableError(`no supervisor answers at ${place}: ${why}`, {
    endpoint: place,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

interface Why {
  readonly why: string;
  readonly hint?: string;
}

const hints = {
  notPm: 'The control socket is pm.sock in the runtime directory; the port is the one set under plugins.api.',
  start: 'Start it with "pm run", or name another socket.',
} as const;

const socketReasons: Readonly<Record<string, Why>> = {
  ENOENT: { why: 'there is no such socket', hint: hints.start },
  ECONNREFUSED: { why: 'the socket is left over from a supervisor that ended', hint: hints.start },
  EACCES: {
    why: 'this user may not use the socket',
    hint: 'Run as the user that pm runs as, or set socket_mode under plugins.api.',
  },
  ENOTSOCK: { why: 'this is not a socket', hint: hints.notPm },
  EINVAL: { why: 'the path is too long for a socket', hint: 'Linux allows 107 bytes.' },
  ENAMETOOLONG: { why: 'the path is too long for a socket', hint: 'Linux allows 107 bytes.' },
};

const selfSigned: Why = {
  why: 'its certificate is not signed by anybody known',
  hint: 'Name the authority that signed it: tls.ca (pm: --ca-file), or NODE_EXTRA_CA_CERTS=FILE.',
};

const tcpReasons: Readonly<Record<string, Why>> = {
  ECONNREFUSED: { why: 'nothing listens there', hint: 'The API listens on TCP only where plugins.api sets a port.' },
  ENOTFOUND: { why: 'the host has no address' },
  EHOSTUNREACH: { why: 'there is no way to the host' },
  ENETUNREACH: { why: 'there is no way to the network' },
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: selfSigned,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: selfSigned,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: selfSigned,
  CERTIFICATE_REQUIRED: {
    why: 'it asks for a certificate',
    hint: 'Show one that its authority signed: tls.cert and tls.key (pm: --cert-file and --key-file).',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'its certificate is for another name',
    hint: 'Use the name or address it is for, or one that has it (tls.servername).',
  },
  CERT_HAS_EXPIRED: { why: 'its certificate has expired' },
  EPROTO: { why: 'it does not speak TLS', hint: 'Try http:// instead of https://.' },
  ERR_SSL_WRONG_VERSION_NUMBER: { why: 'it does not speak TLS', hint: 'Try http:// instead of https://.' },
};

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
