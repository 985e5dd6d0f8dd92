import type { Clock } from './clock.ts';

/** Lets others wait until a queue is empty. */
export interface EmptyWait {
  /** To be called whenever the queue may have become empty. */
  check(): void;
  /** false: it was not empty at the limit. */
  wait(limitMs: number): Promise<boolean>;
}

export function createEmptyWait(clock: Clock, isEmpty: () => boolean): EmptyWait {
  const waiters = new Set<() => void>();
  return {
    check() {
      if (isEmpty()) for (const wake of waiters) wake();
    },
    wait(limitMs) {
      if (isEmpty()) return Promise.resolve(true);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const finish = (empty: boolean): void => {
        limit.cancel();
        waiters.delete(wake);
        resolve(empty);
      };
      const wake = (): void => finish(true);
      const limit = clock.after(limitMs, () => finish(false));
      waiters.add(wake);
      return promise;
    },
  };
}
