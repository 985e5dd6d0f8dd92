import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Project } from '../hooks/payloads.ts';

/** Detection reads manifests and lock files; what is bigger is no manifest. */
const readLimitBytes = 1024 * 1024;

/** The folder the supervisor looks after, for detection and presets. Reads only when asked; nothing is kept. */
export function createProject(cwd: string, env: Readonly<Record<string, string>>): Project {
  return Object.freeze({
    cwd,
    env: Object.freeze({ ...env }),
    has: (path: string) => existsSync(resolve(cwd, path)),
    read: (path: string) => readSmallFile(resolve(cwd, path)),
  });
}

function readSmallFile(path: string): string | undefined {
  try {
    // Neither a pipe nor a device: reading those could block or never end.
    const stats = statSync(path);
    return stats.isFile() && stats.size <= readLimitBytes ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
