import { utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type * as Http from 'node:http';
import type { HeartbeatSpec } from './section.ts';

/** One beat: touches the file, calls the URL. Rejects with what went wrong, or when the signal aborts. */
export type Ping = (spec: HeartbeatSpec, signal: AbortSignal) => Promise<void>;

const require = createRequire(import.meta.url);

/** The real one. */
export const ping: Ping = async ({ file, url }, signal) => {
  await Promise.all([file === undefined ? undefined : touch(file), url === undefined ? undefined : call(url, signal)]);
};

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return writeFile(file, '');
    throw error;
  });
}

/** `node:http` is loaded when it is needed, and not with `import`, which brings `fetch` with it: megabytes of PID 1. */
function call(url: string, signal: AbortSignal): Promise<void> {
  const { get } = require(url.startsWith('https:') ? 'node:https' : 'node:http') as typeof Http;
  return new Promise((resolve, reject) => {
    get(url, { signal, agent: false }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`${url} answered ${statusCode}`));
    }).on('error', reject);
  });
}
