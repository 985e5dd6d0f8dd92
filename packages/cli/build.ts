// Bundles the daemon and the verbs into dist/: one small entry, and chunks that are loaded when they are needed.
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = import.meta.dirname;
const output = join(folder, 'dist');
const prebuilt = join(folder, '../native/prebuilt');

// tapable, pino and cosmiconfig are CommonJS and require Node's modules by name.
const requireForChunks = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

rmSync(output, { recursive: true, force: true });
const { metafile } = await build({
  // core.js is what plugins get when they import @pm-supervisor/core.
  entryPoints: { pm: join(folder, 'src/pm.ts'), core: join(folder, '../core/src/index.ts') },
  outdir: output,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  conditions: ['@pm-supervisor/source', 'module'],
  // cosmiconfig asks for TypeScript only to load pm.config.ts itself; pm evaluates those in a child process.
  external: ['typescript'],
  banner: { js: requireForChunks },
  // No identifier minification: it turns module wrappers into arrow functions, which V8 compiles eagerly (+15 MB).
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
const entry = join(output, 'pm.js');
// The entry has to be understood by the oldest Node, to tell it so; and it requires nothing.
writeFileSync(entry, readFileSync(entry, 'utf8').replace(`${requireForChunks}\n`, ''));
chmodSync(entry, 0o755);
writeFileSync(join(output, 'meta.json'), JSON.stringify(metafile));
if (existsSync(prebuilt)) cpSync(prebuilt, join(output, 'prebuilt'), { recursive: true });
