#!/usr/bin/env node
// The entry is parsed by whatever Node the machine has, and is compiled anew at every start: it imports little, and
// loads the rest with the code that V8 made of it before.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot } from './boot.ts';
import { createLoader } from './entry/code-cache.ts';
import { catchEarlySignals } from './entry/early-signals.ts';
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
  void boot(early, loader, join(folder, 'core.mjs'));
}
