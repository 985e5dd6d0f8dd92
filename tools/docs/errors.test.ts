import { expect, test } from 'vitest';
import { errorCodes } from '../../packages/core/src/errors.ts';
import { listFiles, readText } from '../workspace.ts';

const paths = listFiles().filter((path) => /^packages\/.*\.ts$/.test(path) && path !== 'packages/core/src/errors.ts');
const codes = Object.keys(errorCodes);

function listUnused(files: readonly string[]): string[] {
  const text = files.map(readText).join('\n');
  return codes.filter((code) => !text.includes(code) && !usedByClass(code, text));
}

/** A defect is thrown as BugError, which knows its code. */
function usedByClass(code: string, text: string): boolean {
  return (
    (code === 'PM_BUG' && text.includes('new BugError(')) ||
    (code === 'PM_SPAWN_FAILED' && text.includes('new SpawnError('))
  );
}

test('errors: each code of the table is thrown or reported somewhere', () => {
  expect(listUnused(paths.filter((path) => !path.endsWith('.test.ts')))).toEqual([]);
});

test('errors: no source uses a code that is not in the table', () => {
  const used = paths.flatMap((path) => readText(path).match(/\bPM_[A-Z]+_[A-Z_]+\b(?=')/g) ?? []);
  const known = new Set(codes);
  const unknown = [...new Set(used)].filter((code) => !known.has(code));
  expect(unknown.filter((code) => /^PM_(CONFIG|PLAN|PLUGIN|SPAWN|COMMAND|SINK)_/.test(code))).toEqual([]);
});
