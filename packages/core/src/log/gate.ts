import { type Clock, doze, endOfTurn } from '../os/clock.ts';
import { createDrops, isTooMuch, mostWaiting } from './drops.ts';
import { createOutbox, type LogOutput, type Outbox } from './outbox.ts';
import { createRush } from './rush.ts';
import type { Piece } from './sinks/format.ts';

/** A stream that is read only while the gate is open. */
export interface Gated {
  pause(): void;
  resume(): void;
  /** Bytes written since the output last took something. */
  burst: number;
  /** Its process has ended and it is read although the output is full: it cannot wait any more. */
  isLeaving(): boolean;
}

export interface GatePorts {
  readonly output: LogOutput;
  readonly clock: Clock;
  /** Lines were given up, since they were last spoken of. */
  readonly onDropped: (instance: string, lines: number) => void;
  /** Streams are read again. */
  readonly onOpened: () => void;
}

/** The one place where a slow reader of our output meets what wants to be written. */
export interface Gate {
  /** `block`: streams wait, nothing is lost. `drop`: they are read on, and lines are given up. */
  setOverflow(overflow: 'block' | 'drop'): void;
  /** true: streams wait, and are not read. */
  readonly paused: boolean;
  enter(stream: Gated): void;
  leave(stream: Gated): void;
  /** true: lines of this stream cannot even wait any more. */
  isFull(stream: Gated): boolean;
  put(stream: Gated, piece: Piece): void;
  /** For the supervisor's own records. false: given up. */
  putOwn(piece: Piece): boolean;
  /** Notes a loss, to be announced. */
  drop(instance: string, lines: number): void;
  /** Announces what was given up, and waits until everything is written; false at the limit. */
  flush(limitMs: number): Promise<boolean>;
}

/** The supervisor may still say that lines are given up when they are. */
const mostWaitingOwn = mostWaiting * 1.25;

export function createGate({ output, clock, onDropped, onOpened }: GatePorts): Gate {
  /** In the order in which they are read again. */
  const streams = new Set<Gated>();
  let blocks = true;

  const drops = createDrops({ clock, isBlocked: () => outbox.blocked, say: onDropped });
  const pauseAll = (): void => streams.forEach((stream) => stream.pause());
  const resumeAll = (): void => streams.forEach((stream) => stream.resume());
  const outbox: Outbox = createOutbox({
    output,
    clock,
    rush: createRush({ clock, endOfTurn, doze }),
    onBlocked: () => void (blocks && pauseAll()),
    onMoved: () => giveWay(streams),
    onOpened: () => {
      drops.opened();
      onOpened();
      resumeAll();
    },
  });
  return {
    setOverflow(overflow) {
      blocks = overflow === 'block';
      if (!outbox.blocked) return;
      if (blocks) pauseAll();
      else resumeAll();
    },
    get paused() {
      return blocks && outbox.blocked;
    },
    enter(stream) {
      streams.add(stream);
      if (blocks && outbox.blocked) stream.pause();
    },
    leave: (stream) => void streams.delete(stream),
    isFull: (stream) => outbox.blocked && (!blocks || stream.isLeaving()) && isTooMuch(outbox.waiting, stream.burst),
    put(stream, piece) {
      stream.burst += piece.length;
      outbox.put(piece);
    },
    putOwn(piece) {
      if (outbox.waiting > mostWaitingOwn) return false;
      outbox.put(piece);
      return true;
    },
    drop: drops.count,
    flush(limitMs) {
      drops.announce();
      return outbox.flush(limitMs);
    },
  };
}

/** Who wrote goes to the back: the first to be read fills the output again, and those behind them would wait for ever. */
function giveWay(streams: Set<Gated>): void {
  for (const stream of [...streams].filter(({ burst }) => burst > 0)) {
    stream.burst = 0;
    streams.delete(stream);
    streams.add(stream);
  }
}
