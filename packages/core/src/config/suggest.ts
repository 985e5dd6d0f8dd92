/**
 * The candidate that was most likely meant, or undefined when none is close: at most a third of the letters may be wrong,
 * and a swap of two neighbours counts as one mistake. Case and `-`/`_` are the same letter.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = simplify(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(wanted, simplify(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `Did you mean "x"?`, or undefined. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const match = closest(word, candidates);
  return match === undefined ? undefined : `Did you mean "${match}"?`;
}

/** Names for a message, cut so that a thousand of them stay one line. */
export function listNames(names: Iterable<string>, limit = 12): string {
  const all = [...names];
  const shown = all.slice(0, limit).join(', ');
  return all.length > limit ? `${shown}, … (${all.length - limit} more)` : shown;
}

// Words of a hostile file may be megabytes; nobody misspells more than this.
const longestWord = 64;

function simplify(word: string): string {
  return word.slice(0, longestWord).toLowerCase().replaceAll('-', '_');
}

/** Optimal string alignment: insert, delete, replace, or swap neighbours, one each. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
