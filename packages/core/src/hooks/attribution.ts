import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Whose code is running. Everything that a plugin starts (timers, sockets, promises) carries its name along, so
 * that an error nobody caught is blamed on the plugin and does not end the supervisor. Measured on Node 24: the
 * name is there in `uncaughtException` and `unhandledRejection` for timers, ticks, microtasks and socket errors.
 */
const running = new AsyncLocalStorage<string | undefined>();

/** Runs plugin code under its name. */
export function runAsPlugin<T>(plugin: string, code: () => T): T {
  return running.run(plugin, code);
}

/**
 * Runs core code that a plugin called. Without this a defect of core that a plugin's command brings to light
 * would be blamed on the plugin, and the supervisor would go on with broken state.
 */
export function runAsCore<T>(code: () => T): T {
  return running.run(undefined, code);
}

/** The plugin whose code is running, also inside the handler of an uncaught error; undefined for core. */
export function currentPlugin(): string | undefined {
  return running.getStore();
}
