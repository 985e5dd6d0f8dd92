import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Builds this repository's pm and returns its path. What the build says goes to stderr: stdout is for the figures. */
export function buildPm(): string {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  const path = join(root, 'packages/cli/dist/pm.js');
  if (status !== 0 || !existsSync(path)) throw new Error('`npm run build` failed: there is nothing to measure');
  return path;
}

/** The Node that pm runs on, which is also the measure of what it may cost. */
export function findBareNode(): string {
  return process.execPath;
}
