import { readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { loadTls } from '../http/builtin.ts';
import type { TlsSettings } from '../settings.ts';

export interface TlsPorts {
  readonly onConnection: (socket: TLSSocket) => void;
  readonly onWarning: (message: string) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** A handshake that takes longer is somebody who holds a connection. */
const handshakeMs = 10_000;

/** How often the files are looked at, at most; only when somebody connects. */
const lookMs = 1000;

/** Throws where the files cannot be read, or are no certificates. */
export function createTlsServer(settings: TlsSettings, { onConnection, onWarning, now }: TlsPorts): Server {
  const { minVersion, clientAuth, autoReload } = settings;
  const server = loadTls().createServer(
    {
      ...readFiles(settings),
      minVersion,
      requestCert: clientAuth !== 'none',
      // With `optional`, who has a wrong certificate is one who has none.
      rejectUnauthorized: clientAuth === 'require',
      handshakeTimeout: handshakeMs,
      allowHalfOpen: true,
      ALPNProtocols: ['http/1.1'],
    },
    onConnection,
  );
  if (!autoReload) return server;
  const renew = createRenewal(settings, { renew: (context) => server.setSecureContext(context), onWarning });
  let lookedAt = now();
  // Before the handshake begins, so that its connection has the new certificate already. No timer, no watch.
  server.prependListener('connection', () => {
    if (now() - lookedAt < lookMs) return;
    lookedAt = now();
    renew();
  });
  return server;
}

interface Renewal {
  readonly renew: (context: SecureContextOptions) => void;
  readonly onWarning: (message: string) => void;
}

/** Files that are half written are looked at again at the next connection; until then the old certificate serves. */
function createRenewal(settings: TlsSettings, { renew, onWarning }: Renewal): () => void {
  let taken = stampFiles(settings);
  let refused: string | undefined;
  return () => {
    const stamp = stampFiles(settings);
    if (stamp === taken) return;
    try {
      renew(readFiles(settings));
      taken = stamp;
    } catch (error) {
      if (stamp !== refused)
        onWarning(`the new certificate is not used: ${error instanceof Error ? error.message : String(error)}`);
      refused = stamp;
    }
  };
}

function listFiles({ certFile, keyFile, caFile }: TlsSettings): readonly string[] {
  return [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])];
}

function readFiles({ certFile, keyFile, caFile }: TlsSettings): SecureContextOptions {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
  };
}

/** Changes when a file, or what a link points at, is another. */
function stampFiles(settings: TlsSettings): string {
  return listFiles(settings)
    .map((file) => statSync(file, { throwIfNoEntry: false, bigint: true }))
    .map((stat) => `${stat?.dev}.${stat?.ino}.${stat?.mtimeNs}.${stat?.size}`)
    .join(' ');
}
