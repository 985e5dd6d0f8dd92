import { PmError } from '@pm-supervisor/core';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'the folder is none',
  ENOTFOUND: 'the name is not known',
  EROFS: 'the file system is read-only',
};

/** Where the API cannot listen, and why. */
export function toListenError(error: unknown, place: string): PmError {
  if (error instanceof PmError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = (code === undefined ? undefined : reasons[code]) ?? message;
  return new PmError('PM_PLUGIN_FAILED', `the API cannot listen on ${place}: ${reason}`, { cause: error });
}
