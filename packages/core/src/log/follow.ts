import { closeSync, constants, fstat, fstatSync, open, openSync, read, statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Clock, Timer } from '../os/clock.ts';
import { type PathWatch, watchPath } from './watch-path.ts';

/** How far a file was read. */
export interface FollowPosition {
  readonly dev: number;
  readonly ino: number;
  readonly offset: number;
}

export interface FollowOptions {
  readonly clock: Clock;
  /** Where an earlier following of this path ended; absent: what is in the file now is skipped. */
  readonly from?: FollowPosition;
  /** The file exists and cannot be read. Told again only when the reason changes. */
  readonly onProblem: (reason: string) => void;
}

/** A file as a stream without end. */
export interface Follower {
  readonly readable: Readable;
  /** Reads what is there now, then ends the stream. Idempotent. */
  finish(): void;
  /** How far what was read is also taken. */
  position(): FollowPosition;
}

/** There was no file: whatever comes later is new. */
const nowhere: FollowPosition = { dev: 0, ino: 0, offset: 0 };

interface OpenFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  offset: number;
}

const openAsync = promisify(open);
const fstatAsync = promisify(fstat);
const readAsync = promisify(read);

/** Without O_NONBLOCK, opening a FIFO would wait for a writer. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;
const chunkSize = 64 * 1024;
/** Writers notice a rotation late: the old file is read for so long before the new one is begun. Nothing is lost by it. */
const rotationGraceMs = 1000;

/** Where a file ends now; a file that is not there yet is all new when it comes. */
export function endOf(path: string): FollowPosition {
  try {
    const { dev, ino, size } = statSync(path);
    return { dev, ino, offset: size };
  } catch {
    return nowhere;
  }
}

/**
 * Follows a file through everything that log rotation does to it: renamed and made again, truncated in place, deleted,
 * a link turned to another file. It need not exist yet, nor its directory.
 *
 * What the file holds now was written before us and is skipped; files that appear later are read whole.
 * A file that is truncated and grows beyond its old size between two looks is taken for the old one: `copytruncate`
 * has that hole for every reader.
 */
export function followFile(path: string, options: FollowOptions): Follower {
  const follower = new FileFollower(path, options);
  return { readable: follower.readable, finish: () => follower.finish(), position: () => follower.position() };
}

class FileFollower {
  readonly readable: Readable;
  readonly #path: string;
  readonly #options: FollowOptions;
  readonly #watch: PathWatch;
  /** The one being read, then those that took its place. */
  readonly #files: OpenFile[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(chunkSize);
  #grace: Timer | undefined;
  #graceOver = false;
  #hungry = false;
  #finishing = false;
  #dirty = true;
  /** The path may lead to another file than the newest we know. */
  #moved = true;
  #running = false;
  #problem = '';
  /** The last byte handed on was not a line feed. */
  #open = false;
  #last: FollowPosition | undefined;

  constructor(path: string, options: FollowOptions) {
    this.#path = path;
    this.#options = options;
    const first = this.#openFirst(options.from);
    if (first) this.#files.push(first);
    this.#watch = watchPath(path, options.clock, (change) => {
      this.#moved ||= change === 'moved';
      this.#wake();
    });
    this.readable = new Readable({
      highWaterMark: chunkSize,
      read: () => {
        this.#hungry = true;
        this.#wake();
      },
      destroy: (error, done) => {
        this.#close();
        done(error);
      },
    });
  }

  finish(): void {
    this.#finishing = true;
    this.#graceOver = true;
    this.#moved = true;
    this.#wake();
  }

  position(): FollowPosition {
    const file = this.#files[0];
    if (!file) return this.#last ?? nowhere;
    return { dev: file.dev, ino: file.ino, offset: Math.max(0, file.offset - this.readable.readableLength) };
  }

  #wake(): void {
    this.#dirty = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#dirty && !this.readable.destroyed) {
      this.#dirty = false;
      await this.#look();
    }
    this.#running = false;
    if (this.readable.destroyed) this.#closeFiles();
  }

  async #look(): Promise<void> {
    if (await this.#readAll()) return;
    if (this.#moved) {
      this.#moved = false;
      await this.#watch.refresh();
      await this.#discover();
      if (await this.#readAll()) return;
    }
    if (this.#finishing && !this.readable.destroyed) this.readable.push(null);
  }

  /** Reads every file that may be read, to its end. true: the stream wants no more for now. */
  async #readAll(): Promise<boolean> {
    for (let file = this.#files[0]; file; file = this.#files[0]) {
      if (await this.#readOne(file)) return true;
      if (this.#files.length === 1 || !this.#graceOver) return false;
      this.#leave(file);
    }
    return false;
  }

  async #readOne(file: OpenFile): Promise<boolean> {
    while (this.#hungry && !this.readable.destroyed) {
      const { bytesRead } = await readAsync(file.fd, this.#buffer, 0, chunkSize, file.offset).catch(() => ({
        bytesRead: 0,
      }));
      if (bytesRead === 0) return await this.#restartIfTruncated(file);
      file.offset += bytesRead;
      this.#push(Buffer.copyBytesFrom(this.#buffer, 0, bytesRead));
    }
    return true;
  }

  async #restartIfTruncated(file: OpenFile): Promise<boolean> {
    const facts = await fstatAsync(file.fd).catch(() => undefined);
    if (facts === undefined || facts.size >= file.offset) return false;
    file.offset = 0;
    this.#endLine();
    return await this.#readOne(file);
  }

  /** The old file will not be written any more: on to the one that took its place. */
  #leave(file: OpenFile): void {
    this.#files.shift();
    this.#endLine();
    closeSync(file.fd);
    if (this.#files.length > 1) this.#startGrace();
  }

  #push(bytes: Buffer): void {
    this.#open = bytes[bytes.length - 1] !== 10;
    this.#hungry = this.readable.push(bytes);
  }

  #endLine(): void {
    if (this.#open) this.#push(Buffer.from('\n'));
  }

  /** Is there another file behind the path than the newest we know? */
  async #discover(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined);
    const newest = this.#files.at(-1);
    if (found === undefined || (newest && isSame(newest, found))) return;
    const file = await this.#openFile();
    if (!file) return;
    this.#files.push(file);
    if (this.#files.length === 2) this.#startGrace();
  }

  async #openFile(): Promise<OpenFile | undefined> {
    try {
      const fd = await openAsync(this.#path, openFlags);
      return this.#toRegular(fd, await fstatAsync(fd));
    } catch (error) {
      return this.#refuse(error as NodeJS.ErrnoException);
    }
  }

  /**
   * What is there when following begins. Not in the background: a program that was started a moment ago may write its
   * first lines, or rotate the file away, before that.
   */
  #openFirst(from: FollowPosition | undefined): OpenFile | undefined {
    try {
      const fd = openSync(this.#path, openFlags);
      const facts = fstatSync(fd);
      const file = this.#toRegular(fd, facts);
      return file && { ...file, offset: toStart(facts, from) };
    } catch (error) {
      return this.#refuse(error as NodeJS.ErrnoException);
    }
  }

  #toRegular(fd: number, facts: Stats): OpenFile | undefined {
    if (facts.isFile()) return { fd, dev: facts.dev, ino: facts.ino, offset: 0 };
    closeSync(fd);
    this.#tell('it is not a regular file');
    return undefined;
  }

  #refuse({ code, message }: NodeJS.ErrnoException): undefined {
    if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#tell(message);
  }

  #tell(reason: string): void {
    if (reason === this.#problem) return;
    this.#problem = reason;
    this.#options.onProblem(reason);
  }

  #startGrace(): void {
    this.#graceOver = this.#finishing;
    this.#grace = this.#options.clock.after(rotationGraceMs, () => {
      this.#graceOver = true;
      this.#wake();
    });
  }

  #close(): void {
    this.#last = this.position();
    this.#grace?.cancel();
    this.#watch.close();
    // A read under way still needs the descriptor.
    if (!this.#running) this.#closeFiles();
  }

  #closeFiles(): void {
    for (const file of this.#files.splice(0)) closeSync(file.fd);
  }
}

function isSame(file: Pick<OpenFile, 'dev' | 'ino'>, facts: { readonly dev: number; readonly ino: number }): boolean {
  return file.dev === facts.dev && file.ino === facts.ino;
}

/** Replaced or truncated since it was read last: all of it is new. Never read: what is in it is not ours. */
function toStart(facts: Stats, from: FollowPosition | undefined): number {
  if (!from) return facts.size;
  return isSame(from, facts) && facts.size >= from.offset ? from.offset : 0;
}
