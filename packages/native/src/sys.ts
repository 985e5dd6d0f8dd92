/** What `waitid(2)` says of a child. */
export interface WaitResult {
  readonly pid: number;
  readonly uid: number;
  /** CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3. */
  readonly code: number;
  /** Exit code, or signal number. */
  readonly status: number;
}

/**
 * System calls that Node lacks. Each throws an Error with `code` (for example `EPERM`), `errno` and `syscall`
 * when the kernel refuses. Numbers are those of the Linux headers.
 */
export interface Sys {
  /** `waitid(2)`; null when `WNOHANG` found nothing. Throws ECHILD when there are no children. */
  waitid(idtype: number, id: number, options: number): WaitResult | null;
  /** `pipe2(2)`: [read end, write end]. */
  pipe2(flags: number): [number, number];
  fchown(fd: number, uid: number, gid: number): void;
  prctl(option: number, arg2: number): number;
  /** `prlimit(2)`: sets soft and hard of `pid` (Infinity is unlimited), returns the old ones. Pass null to only read. */
  prlimit(pid: number, resource: number, limit: readonly [number, number] | null): [number, number];
  ioprioSet(which: number, who: number, ioprio: number): void;
  tgkill(tgid: number, tid: number, signal: number): void;
  /** Opens `/dev/ptmx`, unlocks it, and returns the master's descriptor and the other side's path. */
  openTerminal(): { readonly fd: number; readonly path: string };
  setWindowSize(fd: number, rows: number, columns: number): void;
  getWindowSize(fd: number): { readonly rows: number; readonly columns: number };
  /** `fcntl(F_SETFL)` with or without O_NONBLOCK; returns what it was. */
  setNonBlocking(fd: number, on: boolean): boolean;
  /**
   * A Unix stream socket bound to `path` (1 to 107 bytes) that listens: its descriptor, close-on-exec and non-blocking.
   * From then on whoever connects waits for an answer, also before anything of Node looks at it.
   */
  listen(path: string, backlog: number): number;
  /**
   * Starts a program and returns its pid: `argv[0]` is its absolute path, `env` is `NAME=VALUE`, `descriptors[n]` becomes
   * its descriptor n (-1: none of ours; of the first three `/dev/null`), `newSession` is setsid(2). It starts with all signals blocked and with what we ignore ignored:
   * svexec puts both right. Waiting for it is the caller's business: libuv does not know it. Throws what execve(2)
   * refuses, EINVAL for a NUL inside of a string.
   */
  spawn(argv: readonly string[], env: readonly string[], descriptors: readonly number[], newSession: boolean): number;
  /**
   * One `write(2)`. Returns how many bytes were taken: 0 when none could be, whatever the reason. Blocks where the
   * descriptor does.
   */
  writeNow(fd: number, bytes: Uint8Array): number;
  /** `fcntl(F_SETPIPE_SZ)` where the pipe holds less than `size` bytes; returns what it holds now. Throws EPERM beyond the user's or the system's limit. */
  growPipe(fd: number, size: number): number;
  /** How often `byte` (0 to 255) occurs in `bytes`. No system call: 43 GB/s, where Node has nothing above 2.5. */
  countByte(bytes: Uint8Array, byte: number): number;
  /**
   * Writes each line of `lines` to `target`, `before` in front of it and `after` behind it instead of its end (`\n` or
   * `\r\n`). With `escape` as the inside of a JSON string; then `lines` have to be valid UTF-8. Returns how many bytes
   * were written, or -1 when `target` is too small. No system call: 7 GB/s, where JavaScript does 1.3.
   */
  frameLines(lines: Uint8Array, target: Uint8Array, before: Uint8Array, after: Uint8Array, escape: boolean): number;
  /**
   * Gives back to the kernel what the C library has free (`malloc_trim(3)`, where there is one), and lets go of the pages of
   * Node's own file (`madvise(2)`, MADV_DONTNEED): those that are used again are mapped again, out of the kernel's cache.
   * Never throws.
   */
  trimMemory(): void;
}

/** Whether the helper can be used here, and why not. */
export interface HelperStatus {
  readonly sys: boolean;
  readonly svexec: boolean;
  readonly reason?: string;
}
