import { spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sys } from '@pm-supervisor/native';
import { defaultPath, findCommand } from './find-command.ts';

/** Both ends of a real pipe, close-on-exec. */
export interface PipeEnds {
  readonly read: number;
  readonly write: number;
}

/**
 * Makes real pipes. Node's own `stdio: 'pipe'` is a socketpair, and a socket cannot be opened through `/dev/stdout`
 * or `/proc/self/fd/2`: nginx then exits at once, php-fpm with 78.
 */
export interface PipeMaker {
  readonly kind: 'pipe' | 'fifo';
  /** Rejects with the system's error; then nothing is left open. */
  open(count: number): Promise<PipeEnds[]>;
}

const O_CLOEXEC = 0o2000000;

/** The best way there is here: pipe2(2), else named pipes, else none and why. `folders`: where named pipes may be made. */
export function choosePipeMaker(
  sys: Sys | undefined,
  folders: readonly string[] = [tmpdir()],
): PipeMaker | { readonly reason: string } {
  if (sys) return { kind: 'pipe', open: async (count) => openAll(count, () => openClosingPipe(sys)) };
  const mkfifo = findCommand('mkfifo', defaultPath, '/');
  if (!('path' in mkfifo)) return { reason: 'there is no mkfifo(1)' };
  const folder = folders.find(isUsable);
  if (folder === undefined) return { reason: `no named pipe can be made in ${folders.join(' or ')}` };
  return { kind: 'fifo', open: (count) => openNamedPipes(mkfifo.path, folder, count) };
}

/** pipe2(2) with O_CLOEXEC. */
export function openClosingPipe(sys: Sys): PipeEnds {
  const [read, write] = sys.pipe2(O_CLOEXEC);
  return { read, write };
}

/** The reading end as a stream. It ends when every writer has closed, wherever the descriptor went. */
export function readPipe(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

/** Closes descriptors that may be closed already. */
export function closeAll(descriptors: Iterable<number>): void {
  for (const fd of descriptors) {
    try {
      closeSync(fd);
    } catch {
      // Closed before: what we want.
    }
  }
}

/** Named only for an instant, in a folder that nobody else can enter: opened at both ends, then unlinked. */
async function openNamedPipes(mkfifo: string, parent: string, count: number): Promise<PipeEnds[]> {
  const folder = mkdtempSync(join(parent, 'pm-pipes-'));
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    await run(mkfifo, ['-m', '600', ...paths]);
    return openAll(count, (index) => openNamedPipe(paths[index] as string));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reader first, without waiting for a writer: then the writer finds one and does not wait either. */
function openNamedPipe(path: string): PipeEnds {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { read, write: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
}

function openAll(count: number, open: (index: number) => PipeEnds): PipeEnds[] {
  const opened: PipeEnds[] = [];
  try {
    for (let index = 0; index < count; index++) opened.push(open(index));
    return opened;
  } catch (error) {
    closeAll(opened.flatMap((ends) => [ends.read, ends.write]));
    throw error;
  }
}

function isUsable(folder: string): boolean {
  try {
    rmSync(mkdtempSync(join(folder, 'pm-pipes-')), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

function run(file: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'ignore', env: {} });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${file} failed with code ${code}`))));
  });
}
