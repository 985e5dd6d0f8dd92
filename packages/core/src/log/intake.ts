import type { Readable } from 'node:stream';
import type { ByteReader } from '../os/byte-reader.ts';

export interface IntakePorts {
  /** The bytes are valid during the call only; before them lie `headroom` bytes that may be used. */
  readonly push: (bytes: Buffer, headroom: number) => void;
  /** Called once, after the last byte. */
  readonly onEnd: () => void;
  readonly endOfTurn: (callback: () => void) => void;
  /** true: after `detach` an end will come. false: whoever holds the pipe may keep it open for ever. */
  readonly endsItself: boolean;
}

/** Reads one stream, as long as the gate is open. */
export interface Intake {
  readonly ended: Promise<void>;
  /** true after `detach`. */
  isLeaving(): boolean;
  pause(): void;
  resume(): void;
  /** Takes what is there, then stops reading. Idempotent. */
  detach(): void;
}

/** A pipe holds 64 KiB, a large one 1 MiB: a stranger who goes on writing must not keep us here. */
const mostAfterDetach = 1024 * 1024;
/** The callbacks at the end of a turn run right after the poll, so what is ready now may be read in the next turn. */
const quietTurns = 2;

export function startIntake(readable: Readable | ByteReader, ports: IntakePorts): Intake {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let detaching = false;
  let done = false;
  let taken = 0;
  let quiet = 0;

  const take = (bytes: Buffer, headroom: number): void => {
    if (done) return;
    taken += bytes.length;
    quiet = 0;
    ports.push(bytes, headroom);
    if (detaching && taken > mostAfterDetach) finish();
  };
  const takeOwn = (bytes: Buffer): void => take(bytes, 0);
  const finish = (): void => {
    if (done) return;
    done = true;
    readable.off('data', takeOwn);
    readable.pause();
    ports.onEnd();
    resolve();
  };
  const finishWhenQuiet = (): void => {
    if (done) return;
    if (quiet++ === quietTurns) finish();
    else ports.endOfTurn(finishWhenQuiet);
  };
  if ('lend' in readable) readable.lend(take);
  else readable.on('data', takeOwn);
  // An error (EIO is how a terminal ends) is an end: what could be read was read.
  for (const event of ['end', 'close', 'error']) readable.on(event, finish);
  readable.resume();
  return {
    ended,
    isLeaving: () => detaching,
    pause: () => void (detaching || done || readable.pause()),
    resume: () => void (done || readable.resume()),
    detach() {
      if (detaching || done) return;
      detaching = true;
      taken = 0;
      // It may be paused because nobody reads our output. What the process wrote before its end is still its own.
      readable.resume();
      if (!ports.endsItself) finishWhenQuiet();
    },
  };
}
