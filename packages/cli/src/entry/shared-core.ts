import { existsSync } from 'node:fs';
import module from 'node:module';

/**
 * Serves `@pm-supervisor/core` to plugins out of the bundle. Their own copy would cost PID 1 the memory of a second
 * core, and its errors and marks would be strangers to ours. Running from sources there is no bundled core, and
 * nothing changes.
 */
export function shareCore(bundledCore: URL): void {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@pm-supervisor/core' && existsSync(bundledCore)
        ? { url: bundledCore.href, format: 'module', shortCircuit: true }
        : next(specifier, context),
  });
}
