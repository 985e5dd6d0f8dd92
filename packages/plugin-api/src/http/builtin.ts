import type * as Crypto from 'node:crypto';
import type * as Http from 'node:http';
import type * as Tls from 'node:tls';

/**
 * Parts of Node that are loaded when they are first needed: PID 1 pays for HTTP at the first connection, for TLS and
 * hashes only where they are configured. `import 'node:http'` would also bring `fetch`, 11 MB of it
 * (https://github.com/nodejs/node/issues/59686).
 */
export function loadHttp(): typeof Http {
  return process.getBuiltinModule('node:http');
}

export function loadTls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

export function loadCrypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}
