import type { TLSSocket } from 'node:tls';
import { loadCrypto } from '../http/builtin.ts';
import type { CallerRole } from '../section.ts';
import type { TcpSettings, TokenSettings } from '../settings.ts';
import { isLoopback } from './ranges.ts';

/** Who asks, as far as it is known. */
export interface Caller {
  /** Name of a token, `CN` of a certificate, `socket` or `anonymous`. */
  readonly name: string;
  readonly role: CallerRole;
  /** Whatever a browser is told to send, it sends as this caller: without a token, or with a certificate it has. */
  readonly isAmbient: boolean;
}

export type Transport = 'unix' | 'tcp' | 'tls';

/** What a caller shows of itself. */
export interface Credentials {
  readonly transport: Transport;
  /** The header `Authorization`. */
  readonly authorization: string | undefined;
  /** Common name of a client certificate that was verified. */
  readonly certificate: string | undefined;
}

/** The caller, or `undefined`: nobody that is known. */
export type Authenticate = (credentials: Credentials) => Caller | undefined;

export interface Door {
  readonly tokens: readonly TokenSettings[];
  /** A verified client certificate needs no token beside it. */
  readonly certificateSuffices: boolean;
  /** Only this machine can reach it. */
  readonly isLoopback: boolean;
}

/** How the settings of TCP decide who is who. */
export function toDoor(tokens: readonly TokenSettings[], tcp: TcpSettings | undefined): Door {
  const clientAuth = tcp?.tls?.clientAuth ?? 'none';
  return {
    tokens,
    certificateSuffices: clientAuth === 'optional' || (clientAuth === 'require' && tokens.length === 0),
    isLoopback: isLoopback(tcp?.host ?? ''),
  };
}

/**
 * Who may open the socket is the file system's business, and may do everything. On TCP a token decides, or a verified
 * client certificate. Without tokens, on loopback alone: whoever is on this machine may look and control, but not change
 * what there is to run, because that would make every user of the machine the user that pm runs as.
 */
export function createAuthenticate({ tokens, certificateSuffices, isLoopback: isLocal }: Door): Authenticate {
  const findToken = tokens.length === 0 ? () => undefined : createTokenFinder(tokens);
  return ({ transport, authorization, certificate }) => {
    if (transport === 'unix') return { name: 'socket', role: 'admin', isAmbient: false };
    if (certificate !== undefined && certificateSuffices) return { name: certificate, role: 'admin', isAmbient: true };
    if (tokens.length === 0) return isLocal ? { name: 'anonymous', role: 'operate', isAmbient: true } : undefined;
    return findToken(readBearer(authorization));
  };
}

function readBearer(authorization = ''): string {
  return /^bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? '';
}

/** Compares in constant time: hashes of equal length, with every token, whichever fits. */
function createTokenFinder(tokens: readonly TokenSettings[]): (token: string) => Caller | undefined {
  const { createHash, timingSafeEqual } = loadCrypto();
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const known = tokens.map(({ name, role, token }) => ({
    caller: { name, role, isAmbient: false },
    digest: digest(token),
  }));
  return (token) => {
    const given = digest(token);
    let found: Caller | undefined;
    for (const { caller, digest: own } of known) if (timingSafeEqual(own, given)) found = caller;
    return found;
  };
}

/** The common name of a certificate that was verified, made fit for logs. */
export function readCertificate(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const name = Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
  return `cert-${(name ?? 'unnamed').replaceAll(/[^\w.@-]/g, '_').slice(0, 64)}`;
}
