#!/usr/bin/env node
// The entry is parsed by whatever Node the machine has, and is compiled anew at every start (1 ms for each 6 KB): it has what
// must come first, and loads the rest with the code that V8 made of it before.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoader } from './entry/code-cache.ts';
import { catchEarlySignals } from './entry/early-signals.ts';
import { type Half, isRun } from './entry/entry.ts';
import { explainUnsupportedNode } from './entry/node-version.ts';

/** Set by the build: the same for the same files. */
declare const PM_BUILD: string;

const unsupported = explainUnsupportedNode(process.versions.node, process.execPath);
if (unsupported !== undefined) {
  process.stderr.write(unsupported);
  process.exitCode = 1;
} else {
  const early = catchEarlySignals(process);
  const folder = import.meta.dirname;
  const uid = process.getuid?.() ?? 0;
  const isUnwanted = (process.env['NODE_DISABLE_COMPILE_CACHE'] ?? '') !== '';
  const loader = createLoader({
    folder,
    // Beside the program an image can carry it; that folder may be read-only, or not ours.
    cacheFolders: isUnwanted ? [] : [join(folder, '.cache'), join(tmpdir(), `pm-cache-${uid}`)],
    tag: `${PM_BUILD}-${process.version}-${process.arch}`,
    uid,
  });
  const half = loader.load(isRun(process.argv.slice(2)) ? 'daemon.js' : 'verbs.js') as Half;
  void half.start({ early, loader, corePath: join(folder, 'core.mjs'), importModule: (url) => import(url) });
}
