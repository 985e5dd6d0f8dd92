// Bundles pm into dist/: a small entry, the daemon, the other verbs and what answers the API in one file each, and the
// libraries that not every start needs in files of their own. The entry loads them with the code that V8 made of them before; for that
// each is a script, wrapped into a function.
import * as childProcess from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as promises from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as net from 'node:net';
import { join } from 'node:path';
import * as stream from 'node:stream';
import * as tty from 'node:tty';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

const folder = import.meta.dirname;
const dist = join(folder, 'dist');
const core = join(folder, '../core');
const prebuilt = join(folder, '../native/prebuilt');
const records = join(folder, '../../tmp');

/** Loaded when they are first needed: formats of configuration and output, and the search for a configuration. */
const libraries = ['yaml', 'smol-toml', 'pino', 'cosmiconfig', '@valibot/to-json-schema'];

const fileOf = (library: string): string => `lib/${library.replace(/^@/, '').replace('/', '-')}.js`;

const shared: BuildOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node22.18',
  conditions: ['@pm-supervisor/source', 'module'],
  // cosmiconfig asks for TypeScript only to load pm.config.ts itself; pm evaluates those in a child process.
  external: ['typescript'],
  // No identifier minification: it turns module wrappers into arrow functions, which V8 compiles eagerly (+15 MB).
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
};

const librariesElsewhere: Plugin = {
  name: 'libraries in files of their own',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[@\w]/ }, ({ path }) =>
      libraries.includes(path) ? { path, namespace: 'library' } : undefined,
    );
    onResolve({ filter: /^\.\/lib\//, namespace: 'library' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'library' }, ({ path }) => ({
      contents: `module.exports = require('./${fileOf(path)}');`,
    }));
  },
};

/**
 * pino formats the supervisor's records and writes nothing: what it would need for that (threads, another file
 * writer, hooks on the end of the process) is left out.
 */
const pinoWithoutOutput: Plugin = {
  name: 'pino without output',
  setup({ onResolve, onLoad }) {
    const unused = /^(sonic-boom|on-exit-leak-free|worker_threads|(\.\/lib\/|\.\/)(transport|multistream))$/;
    onResolve({ filter: unused }, ({ path, importer }) =>
      importer.includes('/pino/') ? { path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'unused' }, ({ path }) => ({
      contents: `module.exports = Object.assign(function () { throw new Error('${path} is not bundled'); }, { isMainThread: true });`,
    }));
  },
};

/**
 * Modules of Node that cost milliseconds, and that few boots need (services are started by the native helper) or only once
 * the first service is on its way (sockets, with streams below them): each is loaded when one of its functions is called, or
 * one of its classes made an object of. A class of ours cannot extend one of theirs.
 */
const lazyModules: Readonly<Record<string, object>> = {
  'node:fs/promises': promises,
  'node:child_process': childProcess,
  'node:net': net,
  'node:stream': stream,
  'node:tty': tty,
};

const modulesWhenCalled: Plugin = {
  name: 'modules of Node when they are called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, namespace, importer }) => {
      if (!(path in lazyModules) || importer.includes('/node_modules/')) return undefined;
      return namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' };
    });
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
      contents: Object.entries(lazyModules[path] ?? {})
        .filter(([name, value]) => name !== 'default' && typeof value === 'function')
        .map(
          ([name]) => `export function ${name}(...args) {
            const called = require('${path}').${name};
            return new.target ? new called(...args) : called(...args);
          }`,
        )
        .join('\n'),
    }));
  },
};

/**
 * What the daemon loads late, and the file that each is in: what `--help` prints, and what answers the API's
 * connections. Only the loader's own `require` can read those files.
 */
const late = [
  { module: /\/program\.ts$/, file: './verbs.js' },
  { module: /^\.\/server\.ts$/, file: './api.js' },
];

const lateElsewhere: Plugin = {
  name: 'what is loaded late in files of its own',
  setup({ onResolve, onLoad }) {
    for (const { module, file } of late) {
      onResolve({ filter: module, namespace: 'file' }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: file, namespace: 'late' } : undefined,
      );
    }
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
    onResolve({ filter: /./, namespace: 'late' }, ({ path }) => ({ path, external: true }));
  },
};

/** A plugin's own file has no core but the one that runs (src/entry/shared-core.ts). */
const coreThatRuns: Plugin = {
  name: 'the core that runs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@pm-supervisor\/core$/ }, ({ path }) => ({ path, namespace: 'running' }));
    onLoad({ filter: /./, namespace: 'running' }, ({ path }) => ({
      contents: `module.exports = globalThis[Symbol.for('${path}')];`,
    }));
  },
};

async function bundle(
  name: string,
  options: BuildOptions,
): Promise<{ name: string; text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({ ...shared, ...options, outfile: join(dist, name) });
  return { name, text: outputFiles?.[0]?.text ?? '', metafile: metafile as Metafile };
}

/** A file that the entry's loader runs: what CommonJS and import.meta offer, out of what the loader hands over. */
function wrap(text: string, isStrict: boolean): string {
  const given = 'const exports=module.exports,__filename=filename,__dirname=require("node:path").dirname(filename)';
  return `(function(module,require,filename){${isStrict ? '"use strict";' : ''}${given};${text}\n})`;
}

/** Of yaml what core imports, from its ES modules: without the rest it loads in two thirds of the time. */
function toExports(library: string): string {
  if (library !== 'yaml') return `export * from '${library}';`;
  const sources = globSync('src/**/*.ts', { cwd: core })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(core, file), 'utf8'));
  const imports = sources.flatMap((text) =>
    [...text.matchAll(/import \{([^}]*)\} from 'yaml';/g)].map((found) => found[1] ?? ''),
  );
  const names = new Set(
    imports
      .join(',')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type ')),
  );
  const modules = join(createRequire(join(core, 'package.json')).resolve('yaml'), '../../browser/dist/index.js');
  return `export { ${[...names].join(', ')} } from '${modules}';`;
}

const half = (file: string, ...plugins: Plugin[]): BuildOptions => ({
  entryPoints: [join(folder, file)],
  plugins: [...plugins, librariesElsewhere, modulesWhenCalled, lateElsewhere],
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'importMetaUrl' },
  banner: { js: 'const importMetaUrl=require("node:url").pathToFileURL(filename).href;' },
});

const parts = await Promise.all([
  bundle('daemon.js', half('src/daemon.ts')),
  bundle('verbs.js', half('src/program.ts')),
  bundle('api.js', half('../plugin-api/src/server.ts', coreThatRuns)),
  ...libraries.map((library) =>
    bundle(fileOf(library), {
      stdin: { contents: toExports(library), resolveDir: core },
      plugins: [pinoWithoutOutput],
    }),
  ),
]);
const buildId = createHash('sha256')
  .update(parts.map(({ text }) => text).join('\0'))
  .digest('hex')
  .slice(0, 12);
const entry = await bundle('pm.js', {
  entryPoints: [join(folder, 'src/pm.ts')],
  define: { 'import.meta.dirname': '__dirname', PM_BUILD: JSON.stringify(buildId) },
});

// What plugins get when they import @pm-supervisor/core: the core that runs, under the names it exports.
const surface = await build({
  ...shared,
  format: 'esm',
  entryPoints: [join(core, 'src/index.ts')],
  packages: 'external',
  outfile: join(dist, 'core.mjs'),
});
const names = Object.values(surface.metafile?.outputs ?? {})[0]?.exports ?? [];
const coreModule = `const core = globalThis[Symbol.for('@pm-supervisor/core')];\nexport const { ${names.join(', ')} } = core;\n`;

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'lib'), { recursive: true });
for (const { name, text } of parts) writeFileSync(join(dist, name), wrap(text, !name.startsWith('lib/')));
writeFileSync(join(dist, 'pm.js'), entry.text);
chmodSync(join(dist, 'pm.js'), 0o755);
writeFileSync(join(dist, 'core.mjs'), coreModule);
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
if (existsSync(prebuilt)) cpSync(prebuilt, join(dist, 'prebuilt'), { recursive: true });

// For the test that holds the boot path to what it needs.
mkdirSync(records, { recursive: true });
writeFileSync(
  join(records, 'bundle.json'),
  JSON.stringify(Object.fromEntries([...parts, entry].map(({ name, metafile }) => [name, metafile]))),
);
