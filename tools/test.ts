import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, tryRun } from './run.ts';
import { readTestTally, testReport, toTallyText } from './tally.ts';
import { ensureTestPackages } from './test-packages.ts';
import { root } from './workspace.ts';

/** `npm test`: what tests need, the build, then every test. Arguments go to vitest (`npm test -- packages/core`). */
function runTests(args: readonly string[]): number {
  ensureTestPackages();
  run('npm', ['run', 'build']);
  rmSync(join(root, testReport), { force: true });
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${testReport}`];
  const ended = tryRun('vitest', ['run', ...reporters, ...args]);
  console.log(toTallyText(readTestTally(ended)));
  return ended === 0 ? 0 : 1;
}

try {
  process.exitCode = runTests(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
