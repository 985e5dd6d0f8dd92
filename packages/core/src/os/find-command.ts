import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where execvp(3) looks when there is no PATH, with the places where images put their own programs. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type FoundCommand =
  | { readonly path: string }
  | {
      /** ENOENT, or EACCES when a file is there that may not be executed. */
      readonly errno: 'ENOENT' | 'EACCES';
      /** In words, with the places that were searched. */
      readonly reason: string;
    };

/**
 * The file that `argv0` names: looked up in `path` (a PATH variable; relative entries count from `cwd`) unless it
 * has a slash. As in a shell, files that may not be executed are passed over while another entry may have one.
 */
export function findCommand(argv0: string, path: string | undefined, cwd: string): FoundCommand {
  if (argv0.includes('/')) return inspect(resolve(cwd, argv0));
  let refused: FoundCommand | undefined;
  for (const place of (path ?? defaultPath).split(delimiter)) {
    const candidate = inspect(join(resolve(cwd, place), argv0));
    if ('path' in candidate) return candidate;
    if (candidate.errno === 'EACCES') refused ??= candidate;
  }
  return (
    refused ?? { errno: 'ENOENT', reason: `"${argv0}" is in none of the directories of PATH (${path ?? defaultPath})` }
  );
}

function inspect(file: string): FoundCommand {
  try {
    if (statSync(file).isDirectory()) return { errno: 'EACCES', reason: `${file} is a directory` };
    accessSync(file, constants.X_OK);
    return { path: file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return { errno: 'EACCES', reason: `${file} may not be executed` };
    return { errno: 'ENOENT', reason: `${file} does not exist` };
  }
}
