import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type * as Tls from 'node:tls';

/**
 * Node's HTTP, without the web's: an ESM import of `node:http` evaluates the getters of its exports, and with them
 * loads undici (+11 MB, 40 ms; https://github.com/nodejs/node/issues/59686).
 */
export function getHttp(): typeof Http {
  return process.getBuiltinModule('node:http');
}

/** Loaded only where a URL asks for it: TLS costs 10 MB. */
export function getHttps(): typeof Https {
  return process.getBuiltinModule('node:https');
}

export function getTls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

/** Runs `callback` once after `delayMs` (Infinity: never); returns the way to prevent it. */
export function startTimer(delayMs: number, callback: () => void): () => void {
  if (delayMs === Infinity) return () => undefined;
  const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), longestDelay));
  return () => clearTimeout(handle);
}

/** Node makes 1 ms of anything longer (https://nodejs.org/api/timers.html). */
const longestDelay = 2 ** 31 - 1;

/** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = startTimer(delayMs, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Milliseconds since some start, never going back. */
export function monotonic(): number {
  return performance.now();
}
