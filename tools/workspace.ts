import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Absolute path of the repository. */
export const root: string = resolve(import.meta.dirname, '..');

/** Every file of the work tree that git does not ignore, relative to the root, sorted. Deleted ones are left out. */
export function listFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  return [...new Set(paths)].toSorted((a, b) => (a < b ? -1 : 1));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
