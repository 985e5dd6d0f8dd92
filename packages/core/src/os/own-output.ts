import { constants, fstatSync, openSync } from 'node:fs';
import { loadSys, type Sys } from '@pm-supervisor/native';
import { type Clock, systemClock } from './clock.ts';
import { createDescriptorWriter, writeAsync, writeNow, writeTerminal } from './descriptor-writer.ts';
import { isMemoryDevice, isTerminal } from './is-terminal.ts';
import { createStreamWriter } from './stream-writer.ts';

/** `device`: `/dev/null` and its like. */
export type OutputKind = 'pipe' | 'socket' | 'terminal' | 'file' | 'device' | 'closed';

/** Where bytes go without ever blocking the event loop. */
export interface ByteWriter {
  /** Bytes accepted and not yet written. */
  readonly buffered: number;
  /** Bytes given up: the reader went away, the disk refused them, or the time for the end was over. */
  readonly lost: number;
  /** Always accepts. false: more is waiting than the buffer should hold, write again after `onDrain`. */
  write(chunk: Buffer | string): boolean;
  /**
   * Where that is possible without waiting: writes the beginning of `bytes` and returns how many that were. The rest,
   * and whether anything went wrong, is for `write`. The memory stays the caller's.
   */
  writeNow?(bytes: Buffer): number;
  /** Calls back each time a full buffer has emptied; returns the way to stop. */
  onDrain(callback: () => void): () => void;
  /** Waits until nothing is buffered any more, be it written or lost; false at the limit. */
  flush(limitMs: number): Promise<boolean>;
  /**
   * Writes what is buffered, then closes. false: something was lost, now or before. What is left after `limitMs`
   * is thrown away. Later writes are ignored. Idempotent.
   */
  end(limitMs: number): Promise<boolean>;
}

/** The supervisor's own standard output (or error). */
export interface Output extends ByteWriter {
  readonly kind: OutputKind;
  readonly isTerminal: boolean;
}

export interface OutputOptions {
  /** 1 (default) or 2. */
  readonly fd?: number;
  readonly clock?: Clock;
  /** The native helper; default: as it is found. undefined: none. */
  readonly sys?: Sys | undefined;
  /** Told once per errno (`EPIPE`, `ENOSPC`). What cannot be written is thrown away and counted, supervision goes on. */
  readonly onError?: (error: NodeJS.ErrnoException) => void;
}

/**
 * Opens an output of our own on descriptor 1 (or 2).
 *
 * `process.stdout` cannot be used in PID 1: on pipes it sets O_NONBLOCK on a description that children share, and any
 * `stdio: 'inherit'` spawn clears it again, after which a slow reader stalls the event loop. So the descriptor is
 * opened anew through /proc, which gives a description of our own. Where that is not possible (sockets; a pipe that
 * belongs to another user) the descriptor itself is used. Regular files need none: they never block for a reader, and
 * share their offset as a shell's `>` means it.
 */
export function openOutput(options: OutputOptions = {}): Output {
  const { fd = 1, clock = systemClock, onError = () => {} } = options;
  const kind = kindOf(fd);
  const sys = 'sys' in options ? options.sys : loadSys();
  const writer = openWriter(kind, fd, { clock, sys, onError: oncePerCode(onError) });
  return Object.assign(writer, { kind, isTerminal: kind === 'terminal' });
}

/** What every writer needs from outside. */
export interface WriterPort {
  readonly clock: Clock;
  readonly onError: (error: NodeJS.ErrnoException) => void;
}

interface OpenPort extends WriterPort {
  readonly sys: Sys | undefined;
}

function openWriter(kind: OutputKind, fd: number, port: OpenPort): ByteWriter {
  if (kind === 'pipe') return openPipeWriter(fd, port);
  if (kind === 'socket') return createStreamWriter(fd, port);
  if (kind === 'device') return createDescriptorWriter(fd, writeNow, port);
  const own = kind === 'terminal' ? reopen(fd) : undefined;
  // A terminal that cannot be opened anew is written by a thread: it may block, the loop does not.
  return createDescriptorWriter(own ?? fd, own === undefined ? writeAsync : writeTerminal, port);
}

/**
 * Room for some of our writes: with the usual 64 KiB each of them finds a reader that has not taken all of the one before.
 * A megabyte gains little more, and counts against what a user's pipes may hold together (pipe(7)).
 */
const pipeSize = 256 * 1024;

/** Another's descriptor may be made blocking by them at any time: only our own is written without asking epoll. */
function openPipeWriter(fd: number, port: OpenPort): ByteWriter {
  const { sys } = port;
  const own = reopen(fd);
  if (own === undefined || !sys) return createStreamWriter(own ?? fd, port);
  growPipe(own, sys);
  return createStreamWriter(own, port, sys.writeNow);
}

function growPipe(fd: number, sys: Sys): void {
  try {
    sys.growPipe(fd, pipeSize);
  } catch {
    // The user's pipes have grown enough already: it works with less.
  }
}

function kindOf(fd: number): OutputKind {
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO()) return 'pipe';
    if (stat.isSocket()) return 'socket';
    if (stat.isCharacterDevice() && isMemoryDevice(stat)) return 'device';
    return isTerminal(fd) ? 'terminal' : 'file';
  } catch {
    return 'closed';
  }
}

function reopen(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

function oncePerCode(report: WriterPort['onError']): WriterPort['onError'] {
  const seen = new Set<string | undefined>();
  return (error) => {
    if (seen.has(error.code)) return;
    seen.add(error.code);
    report(error);
  };
}
