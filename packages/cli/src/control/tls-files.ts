import { resolve } from 'node:path';
import type { ClientOptions } from '@pm-supervisor/client';
import { UsageError } from '../usage-error.ts';

/** Paths of PEM files, as they were given. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface TlsFileAccess {
  readonly cwd: string;
  readonly readFile: (path: string) => Buffer;
}

/** Reads what TLS needs; undefined where nothing was named. Throws UsageError. */
export function readTlsFiles(files: TlsFiles, access: TlsFileAccess): ClientOptions['tls'] {
  if ((files.cert === undefined) !== (files.key === undefined)) {
    const [given, missing] = files.key === undefined ? ['certificate', '--key-file'] : ['key', '--cert-file'];
    throw new UsageError(`a ${given} without ${missing}`, 'A certificate is shown with its key: give both files.');
  }
  const read = Object.entries(files).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, readPem(path, access)] as const],
  );
  return read.length === 0 ? undefined : Object.fromEntries(read);
}

function readPem(path: string, { cwd, readFile }: TlsFileAccess): Buffer {
  const bytes = readBytes(path, () => readFile(resolve(cwd, path)));
  // Node takes anything as a list of authorities, and then trusts nobody.
  if (!bytes.includes('-----BEGIN ')) throw new UsageError(`${path} is no PEM file`, hint);
  return bytes;
}

const hint = 'It begins with "-----BEGIN", as openssl writes it.';

function readBytes(path: string, work: () => Buffer): Buffer {
  try {
    return work();
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path} cannot be read: ${reasons[code] ?? code}`, 'Give the path of a PEM file.');
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};
