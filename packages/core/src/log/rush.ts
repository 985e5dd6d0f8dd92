/** Many small reads one after the other, told from single lines. */
export interface Rush {
  /** Bytes have come. */
  note(bytes: number): void;
  /** Calls back at the end of the turn, in a rush up to `rushMs` later. Not before the call before has come. */
  whenCalm(callback: () => void): void;
}

export interface RushPorts {
  readonly clock: { monotonic(): number };
  /** Calls back once when all input that is ready now has been read. */
  readonly endOfTurn: (callback: () => void) => void;
  /** Stands still, and the event loop with it. */
  readonly doze: (ms: number) => void;
}

/** That soon after the one before: over 4,000 times a second, which no reader of ours can tell from at once. */
const rushMs = 0.25;
/** The kernel makes some 0.1 of it. */
const dozeMs = 0.05;
/** Should time stand still. */
const mostDozes = 5;
/** What came in this turn was worth the turn. */
const worthATurn = 32 * 1024;

/**
 * Who writes line by line as fast as it can is woken, read and written for each few lines, and everybody's processors
 * are busy with that. A short rest lets lines collect in the pipes: a third more of them pass, for a third of our time.
 * As network cards do it with their interrupts. A line that comes alone, or after a pause, is never held.
 */
export function createRush({ clock, endOfTurn, doze }: RushPorts): Rush {
  let last = -Infinity;
  let fresh = 0;

  const rest = (callback: () => void, dozes: number): void => {
    const now = clock.monotonic();
    if (fresh >= worthATurn || dozes === mostDozes || now - last >= rushMs) {
      last = now;
      fresh = 0;
      return callback();
    }
    fresh = 0;
    doze(dozeMs);
    endOfTurn(() => rest(callback, dozes + 1));
  };
  return {
    note: (bytes) => void (fresh += bytes),
    whenCalm: (callback) => endOfTurn(() => rest(callback, 0)),
  };
}
