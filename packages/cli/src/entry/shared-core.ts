import module from 'node:module';

/** What the bundled `core.mjs` reads, to hand on the core that runs. */
export const coreSymbol: symbol = Symbol.for('@pm-supervisor/core');

/**
 * Serves `@pm-supervisor/core` to plugins out of the bundle. Their own copy would cost PID 1 the memory of a second
 * core, and its errors and marks would be strangers to ours.
 */
export function shareCore(core: unknown, url: string): void {
  Reflect.set(globalThis, coreSymbol, core);
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@pm-supervisor/core' ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
