import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.ts';

const built = ['packages/cli/dist/pm.js', 'packages/native/dist/index.js'];

/** End-to-end tests start the `pm` that users get: it has to be built. */
export function setup(): void {
  const missing = built.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} missing: run \`npm run build\` first`);
}
