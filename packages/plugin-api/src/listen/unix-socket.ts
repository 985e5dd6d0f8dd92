import { chmodSync, closeSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { openListener, PmError } from '@pm-supervisor/core';
import { toListenError } from './listen-error.ts';

export interface SocketPlace {
  readonly path: string;
  /** File mode, 0o600. */
  readonly mode: number;
}

/** What of the server's work can wait until the boot has gone on. */
export type Later = (work: () => void) => void;

export interface SocketPorts {
  /** Called once, when connections are to be taken: Node's server is not needed before. */
  readonly makeServer: () => Server;
  readonly later: Later;
  /** Of a server that listened well. */
  readonly onError: (error: Error) => void;
}

/** sizeof(sockaddr_un.sun_path) - 1, unix(7). */
const longestPath = 107;

/**
 * Listens on a socket in the file system. It is made in a folder that only we can enter and appears at its place with
 * its mode set, so that nobody can open it a moment too early, and without taking the place of a living one: another
 * supervisor there is an error that names its pid, what a dead one left is replaced. Resolves with the way to take the
 * socket back, which leaves alone what is not ours any more.
 */
export async function listenOnSocket({ path, mode }: SocketPlace, ports: SocketPorts): Promise<() => void> {
  const folder = makeFolder(path);
  let close = noMore;
  try {
    const draft = join(folder, 's');
    refuseLong(path, draft);
    close = await listen(draft, ports);
    chmodSync(draft, mode);
    await publish(draft, path);
    const { dev, ino } = lstatSync(path);
    return () => {
      removeOwn(path, { dev, ino });
      close();
    };
  } catch (error) {
    close();
    throw toListenError(error, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(path: string): string {
  try {
    return mkdtempSync(join(dirname(path), '.pm-'));
  } catch (error) {
    throw toListenError(error, path);
  }
}

function refuseLong(path: string, draft: string): void {
  const over = Math.max(Buffer.byteLength(path), Buffer.byteLength(draft)) - longestPath;
  if (over > 0)
    throw new Error(`its path is ${over} bytes too long for a socket (at most ${longestPath}); choose a shorter one`);
}

/** Who connects while this many wait is refused at once, EAGAIN of connect(2): Node's 511 are few for a thousand clients that come back. */
const backlog = 4096;

/** Resolves with the way to end it: a socket that listens, and a server that takes what waits there at once or later. */
async function listen(path: string, { makeServer, later, onError }: SocketPorts): Promise<() => void> {
  const fd = openListener(path, backlog);
  if (fd === undefined) {
    const server = makeServer();
    server.listen({ path, backlog });
    await once(server, 'listening');
    server.on('error', onError);
    return () => void server.close();
  }
  let close = (): void => closeSync(fd);
  later(() => {
    if (close === noMore) return;
    const server = makeServer().on('error', onError);
    close = () => void server.close();
    // Listens again, and would take Node's own length for it.
    server.listen({ fd }, backlog);
  });
  return () => {
    close();
    close = noMore;
  };
}

function noMore(): void {}

/** Each round somebody else may have been faster. */
const mostRounds = 5;

async function publish(draft: string, path: string): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    if (tryLink(draft, path)) return;
    await removeStale(path);
  }
  throw new Error('somebody else makes it again and again');
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    // A file system without links. A file in the way is kept, a race is not: it has no better.
    if (exists(path)) return false;
    renameSync(draft, path);
    return true;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Throws where the socket is alive, or is none. */
async function removeStale(path: string): Promise<void> {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) return;
  if (!before.isSocket()) throw new Error('there is something else at its place, which is no socket');
  const answer = await ask(path);
  if (answer !== undefined) throw toAlreadyRunning(path, answer.pid);
  removeOwn(path, before);
}

function toAlreadyRunning(path: string, pid: string | undefined): PmError {
  const who = pid === undefined ? '' : `: pid ${pid}`;
  return new PmError(
    'PM_ALREADY_RUNNING',
    `the API cannot listen on ${path}: another pm listens on it already${who}. Stop it first, or give this one a socket of its own (plugins.api.socket)`,
  );
}

function removeOwn(path: string, { dev, ino }: { readonly dev: number; readonly ino: number }): void {
  try {
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (now?.dev === dev && now.ino === ino) unlinkSync(path);
  } catch {
    // The folder may have become read-only: whoever comes next finds that nobody answers.
  }
}

const question = 'GET /api/v1/whoami HTTP/1.1\r\nhost: pm\r\nconnection: close\r\n\r\n';

/** Time for another supervisor to say who it is. One that does not say is alive all the same. */
const answerMs = 2000;

/** Who listens on a socket; undefined: nobody. Rejects where that cannot be known. */
function ask(path: string): Promise<{ readonly pid?: string } | undefined> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path);
    socket.setTimeout(answerMs, () => socket.destroy());
    socket.on('connect', () => socket.write(question));
    socket.on('data', (chunk) => void (text += chunk.toString('latin1')));
    socket.on('close', () => {
      const [, pid] = /"pid":(\d+)/.exec(text) ?? [];
      resolve(pid === undefined ? {} : { pid });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined);
      else if (error.code === 'EACCES') reject(new Error('it is there, and belongs to somebody else'));
    });
  });
}
