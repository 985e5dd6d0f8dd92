/** What streams are sent in one turn, which is written once for each, at its end. */
export interface Turn {
  /** Calls `flush` when this turn is over. */
  end(flush: () => void): void;
  /** Frames in one piece. Those who are sent the same frames share the piece. */
  join(frames: readonly Buffer[]): Buffer;
}

/** One for all streams: with a thousand of them, what each would need for itself is most of the work. */
export function createTurn(): Turn {
  let flushes: (() => void)[] = [];
  let joined: { readonly frames: readonly Buffer[]; readonly piece: Buffer } | undefined;
  const finish = (): void => {
    const ending = flushes;
    flushes = [];
    for (const flush of ending) flush();
    joined = undefined;
  };
  return {
    end(flush) {
      if (flushes.push(flush) === 1) queueMicrotask(finish);
    },
    join(frames) {
      const [first] = frames;
      if (frames.length === 1 && first !== undefined) return first;
      if (joined === undefined || !isSame(joined.frames, frames)) joined = { frames, piece: Buffer.concat(frames) };
      return joined.piece;
    },
  };
}

function isSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((frame, index) => frame === others[index]);
}
