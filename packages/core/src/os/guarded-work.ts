import { guardExit } from './exit-guard.ts';
import { handleUncaught } from './uncaught.ts';

export interface GuardedWork<T> {
  /** Names the plugin whose code is running. */
  readonly currentPlugin: () => string | undefined;
  /** Blames an error that nobody caught on the plugin whose code is running; false: it is core's own. */
  readonly blame: (error: unknown) => boolean;
  readonly work: () => Promise<T>;
}

/**
 * Runs work in which the code of plugins takes part while there is no supervisor yet. They cannot end the process, and
 * what they throw from nowhere does not; an error of core's own that nobody caught rejects.
 */
export async function runGuarded<T>({ currentPlugin, blame, work }: GuardedWork<T>): Promise<T> {
  const failed = Promise.withResolvers<never>();
  const closers = [guardExit(currentPlugin), handleUncaught((error) => void (blame(error) || failed.reject(error)))];
  try {
    return await Promise.race([work(), failed.promise]);
  } finally {
    for (const close of closers) close();
  }
}
