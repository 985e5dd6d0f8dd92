import type { Clock, Timer } from '@pm-supervisor/core';
import type { EndMessage } from '../routes/bodies.ts';
import type { StreamClient } from './client.ts';
import { createTurn, type Turn } from './turn.ts';

/** Streams that are open, of every kind. */
export interface Hub {
  add(client: StreamClient): void;
  remove(client: StreamClient): void;
  /** Its other side sends no more: it may be gone altogether, which only a write can tell. */
  doubt(client: StreamClient): void;
  readonly size: number;
  readonly turn: Turn;
  /** Ends all. */
  close(message: EndMessage): void;
}

const beatMs = 15_000;

/** A socket of the system tells at the first write that nobody is there, TCP at the second, once the first was answered. */
const secondLookMs = 1000;

/** All streams together; beyond it those end that hold most of it. */
const mostUnsent = 64 * 1024 * 1024;

/** Beats for all streams with one timer, which is armed only while there is one. */
export function createHub(clock: Clock): Hub {
  const clients = new Set<StreamClient>();
  const doubted = new Set<StreamClient>();
  let timer: Timer | undefined;
  let secondLook: Timer | undefined;

  const beat = (): void => {
    timer = undefined;
    for (const client of clients) client.beat();
    endLargest(clients);
    arm();
  };
  const arm = (): void => {
    if (clients.size > 0) timer ??= clock.after(beatMs, beat);
  };
  const lookAgain = (): void => {
    secondLook = undefined;
    for (const client of doubted) client.probe();
    doubted.clear();
  };
  return {
    add(client) {
      clients.add(client);
      arm();
    },
    remove(client) {
      clients.delete(client);
      doubted.delete(client);
      if (clients.size > 0) return;
      timer?.cancel();
      secondLook?.cancel();
      timer = secondLook = undefined;
    },
    doubt(client) {
      client.probe();
      doubted.add(client);
      secondLook ??= clock.after(secondLookMs, lookAgain);
    },
    turn: createTurn(),
    get size() {
      return clients.size;
    },
    close(message) {
      for (const client of [...clients]) client.end(message);
    },
  };
}

function endLargest(clients: ReadonlySet<StreamClient>): void {
  const bySize = [...clients].toSorted((a, b) => b.unsent - a.unsent);
  let total = bySize.reduce((sum, { unsent }) => sum + unsent, 0);
  for (const client of bySize) {
    if (total <= mostUnsent) return;
    total -= client.unsent;
    client.end({ reason: 'slow', detail: 'too much waits to be read, by all clients together' });
  }
}
