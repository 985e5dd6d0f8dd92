import type { KeptLine, LogCounters } from './pipeline.ts';
import { createRing, type KeptBytes, type Ring, toKeptLines } from './ring.ts';
import type { Tally } from './route.ts';

type KeptListener = (process: string, instance: string, line: KeptLine) => void;

/** What is remembered of each instance: its last lines, and how many there were. */
export interface Shelf {
  tally(instance: string): Tally;
  keep(process: string, instance: string, kept: KeptBytes): void;
  kept(instance: string, count: number | undefined): readonly KeptLine[];
  /** Everything that has kept lines. */
  sources(): readonly { readonly process: string; readonly instance: string }[];
  counters(instance: string): LogCounters;
  onKept(listener: KeptListener): () => void;
  forget(instance: string): void;
  /** Another number of lines for every ring. */
  resize(lines: number): void;
}

interface Shelved {
  /** Absent until the first line. */
  process?: string;
  readonly ring: Ring;
  readonly tally: Tally;
}

export function createShelf(maxLines: number): Shelf {
  let limit = maxLines;
  const shelved = new Map<string, Shelved>();
  const listeners = new Set<KeptListener>();

  const of = (instance: string): Shelved => {
    const known = shelved.get(instance);
    if (known) return known;
    const added: Shelved = { ring: createRing(limit), tally: createTally() };
    shelved.set(instance, added);
    return added;
  };
  return {
    tally: (instance) => of(instance).tally,
    keep(process, instance, kept) {
      const own = of(instance);
      own.process = process;
      own.ring.push(kept);
      if (listeners.size === 0) return;
      // Somebody follows (`pm logs -f`): only then are lines made while they pass.
      for (const line of toKeptLines(kept)) for (const listener of listeners) listener(process, instance, line);
    },
    kept: (instance, count = limit) => shelved.get(instance)?.ring.last(count) ?? [],
    sources: () =>
      [...shelved].flatMap(([instance, { process }]) => (process === undefined ? [] : [{ process, instance }])),
    counters(instance) {
      const { lines, bytes, dropped } = shelved.get(instance)?.tally ?? createTally();
      return { lines: { ...lines }, bytes, dropped };
    },
    onKept(listener) {
      // Its own function, so that the same listener may be registered twice.
      const own: KeptListener = (process, instance, line) => listener(process, instance, line);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    forget: (instance) => void shelved.delete(instance),
    resize(lines) {
      limit = lines;
      for (const { ring } of shelved.values()) ring.resize(lines);
    },
  };
}

function createTally(): Tally {
  return { lines: { stdout: 0, stderr: 0 }, bytes: 0, dropped: 0 };
}
