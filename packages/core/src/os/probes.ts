import { statSync } from 'node:fs';
import { connect } from 'node:net';

/** A service may listen on one family alone; `localhost` would need a resolver. */
const loopbacks = ['127.0.0.1', '::1'] as const;

/**
 * true when something accepts TCP connections on this port of the loopback. Ends early, with false, when `signal`
 * aborts; the kernel's own limit is the only other one. The connection is closed again at once.
 */
export async function canConnect(port: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const decided = new AbortController();
  const either = AbortSignal.any([signal, decided.signal]);
  const connected = await Promise.any(loopbacks.map((host) => connectTo(host, port, either))).then(
    () => true,
    () => false,
  );
  decided.abort();
  return connected;
}

function connectTo(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

/** Something that changes when the file is written, touched or replaced; undefined while it does not exist. */
export function fileStamp(path: string): string | undefined {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`;
  } catch {
    // A directory on the way may not be entered: as good as not there.
    return undefined;
  }
}
