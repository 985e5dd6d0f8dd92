#!/usr/bin/env node
// The entry is parsed by whatever Node the machine has, and is compiled anew at every start: it imports nothing but
// its own three files, and loads the rest once a cache may hold it.
import { catchEarlySignals } from './entry/early-signals.ts';
import { enableCompileCache } from './entry/compile-cache.ts';
import { explainUnsupportedNode } from './entry/node-version.ts';

const unsupported = explainUnsupportedNode(process.versions.node, process.execPath);
if (unsupported !== undefined) {
  process.stderr.write(unsupported);
  process.exitCode = 1;
} else {
  const early = catchEarlySignals(process);
  enableCompileCache({ programFolder: import.meta.dirname, uid: process.getuid?.() ?? 0 });
  void import('./boot.ts').then(({ boot }) => boot(early));
}
