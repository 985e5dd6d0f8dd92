import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A file's text, or why it cannot be a configuration. */
export type TextReading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly missing: boolean; readonly message: string; readonly hint?: string };

/** A thousand services are 300 KiB; more than this is another file. */
export const largestFile: number = 1024 * 1024;

/**
 * Reads a text file of at most `largestFile` bytes; a larger one is not read at all. Never throws. Synchronously: what
 * asynchronous reading brings along (promises of files, threads) would cost every boot 3 ms.
 */
export function readText(path: string): TextReading {
  try {
    // Non-blocking: opening a FIFO that nobody writes to would otherwise wait for ever.
    return readOpen(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  } catch (error) {
    return refuseErrno(error);
  }
}

function readOpen(descriptor: number): TextReading {
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return refuse('is a directory', 'Name the file in it, for example pm.yaml.');
    if (!stat.isFile()) return refuse('is not a regular file', 'Name a file.');
    if (stat.size > largestFile) return refuseSize(stat.size);
    const bytes = readAll(descriptor);
    return bytes.length > largestFile ? refuseSize(bytes.length) : decode(bytes);
  } finally {
    closeSync(descriptor);
  }
}

const chunkSize = 64 * 1024;

/** To its end, or just beyond what is allowed: the file may grow while it is read. */
function readAll(descriptor: number): Buffer {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= largestFile;) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const count = readSync(descriptor, chunk, 0, chunkSize, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): TextReading {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return refuse('is UTF-16 text', 'Save it as UTF-8.');
  const nul = bytes.indexOf(0);
  if (nul !== -1)
    return refuse(`is not a text file: byte ${nul + 1} is NUL`, 'Name the configuration, not a program or an archive.');
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return refuse('is not UTF-8 text', 'Save it as UTF-8.');
  }
}

function refuseSize(size: number): TextReading {
  return refuse(
    `is ${(size / 1024 / 1024).toFixed(1)} MiB large; a configuration is at most ${largestFile / 1024 / 1024} MiB`,
    'Is it the right file? Otherwise split it with extends, or use scale.',
  );
}

function refuse(message: string, hint: string): TextReading {
  return { ok: false, missing: false, message, hint };
}

function refuseErrno(error: unknown): TextReading {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return { ok: false, missing: true, message: 'does not exist' };
    case 'ENOTDIR':
      return { ok: false, missing: true, message: 'does not exist: a part of its path is not a folder' };
    case 'EACCES':
      return refuse('cannot be read: permission denied', 'Make it readable for the user that runs pm.');
    case 'ELOOP':
      return refuse('is a symbolic link that leads to itself', 'Correct the link.');
    default:
      return refuse(
        `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        'Check the file and the disk it is on.',
      );
  }
}
