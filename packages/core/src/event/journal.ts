import type { EventPayloads, EventType, PmEvent } from './event.ts';

/** The newest events in order, for who comes later and asks what was missed. */
export interface Journal {
  /** Number of the newest event; 0 before the first. */
  readonly seq: number;
  append<T extends EventType>(type: T, payload: EventPayloads[T]): PmEvent;
  /** Events after `seq`, oldest first. `gap` is true where some of them are no longer kept. */
  since(seq: number): { readonly events: readonly PmEvent[]; readonly gap: boolean };
  /** Called in order with each event from now on; returns the way to stop. A listener that throws does not keep others from hearing. */
  subscribe(listener: (event: PmEvent) => void): () => void;
}

export interface JournalOptions {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** How many events are kept for replay. Default 4096. */
  readonly length?: number;
  /** Told when a listener throws. */
  readonly onListenerError?: (error: unknown) => void;
}

/** The ordered, numbered record of what happened. Events are frozen. */
export function createJournal({ now, length = 4096, onListenerError }: JournalOptions): Journal {
  const kept: PmEvent[] = [];
  const listeners = new Set<(event: PmEvent) => void>();
  const queue: PmEvent[] = [];
  let seq = 0;
  let delivering = false;

  return {
    get seq() {
      return seq;
    },
    append(type, payload) {
      // The union cannot be proven for a generic `type`; the signature above holds callers to it.
      const event = Object.freeze({ type, seq: (seq += 1), at: now(), ...payload }) as unknown as PmEvent;
      kept.push(event);
      if (kept.length > length) kept.splice(0, kept.length - length);
      queue.push(event);
      deliver();
      return event;
    },
    since(after) {
      const oldest = kept[0]?.seq ?? seq + 1;
      return { events: kept.slice(Math.max(0, after + 1 - oldest)), gap: after + 1 < oldest };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  /** A listener that appends must not make later listeners see the new event before the old one. */
  function deliver(): void {
    if (delivering) return;
    delivering = true;
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      for (const listener of listeners) tell(listener, event);
    }
    delivering = false;
  }

  function tell(listener: (event: PmEvent) => void, event: PmEvent): void {
    try {
      listener(event);
    } catch (error) {
      onListenerError?.(error);
    }
  }
}
