import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** A file's text, or why it cannot be a configuration. */
export type TextReading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly missing: boolean; readonly message: string; readonly hint?: string };

/** A thousand services are 300 KiB; more than this is another file. */
export const largestFile: number = 1024 * 1024;

/** Reads a text file of at most `largestFile` bytes; a larger one is not read at all. Never throws. */
export async function readText(path: string): Promise<TextReading> {
  let handle: FileHandle | undefined;
  try {
    // Non-blocking: opening a FIFO that nobody writes to would otherwise wait for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readHandle(handle);
  } catch (error) {
    return refuseErrno(error);
  } finally {
    await handle?.close();
  }
}

async function readHandle(handle: FileHandle): Promise<TextReading> {
  const stat = await handle.stat();
  if (stat.isDirectory()) return refuse('is a directory', 'Name the file in it, for example pm.yaml.');
  if (!stat.isFile()) return refuse('is not a regular file', 'Name a file.');
  if (stat.size > largestFile) return refuseSize(stat.size);
  const buffer = Buffer.alloc(largestFile + 1);
  const length = await fill(handle, buffer);
  return length > largestFile ? refuseSize(length) : decode(buffer.subarray(0, length));
}

async function fill(handle: FileHandle, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
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
