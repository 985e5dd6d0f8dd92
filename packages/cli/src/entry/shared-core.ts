import module from 'node:module';

/** Where whatever is outside the daemon's own file finds the core that runs: `core.mjs`, and the plugins pm carries. */
export const coreSymbol: symbol = Symbol.for('@pm-supervisor/core');

export function shareCore(core: unknown): void {
  Reflect.set(globalThis, coreSymbol, core);
}

/**
 * Serves `@pm-supervisor/core` to plugins out of the bundle; `url` is that of `core.mjs`. Their own copy would cost
 * PID 1 the memory of a second core, and its errors and marks would be strangers to ours.
 */
export function serveCore(url: string): void {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@pm-supervisor/core' ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
