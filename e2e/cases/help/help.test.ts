import { expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';

async function answer(folder: Folder, args: readonly string[]): Promise<string> {
  const pm = folder.pm(args);
  expect(await pm.ended).toEqual({ code: 0, signal: null });
  expect(pm.err.lines).toEqual([]);
  return pm.out.lines.join('\n');
}

test('help: pm names its verbs, and each verb explains itself, asked either way', async ({ folder }) => {
  const text = await answer(folder, ['--help']);
  expect(await answer(folder, ['help'])).toBe(text);
  const verbs = [...text.matchAll(/^ {2}([a-z]+) /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'pm' && name !== 'help');
  expect(verbs).toEqual(expect.arrayContaining(['run', 'check', 'plan', 'schema', 'doctor', 'version']));
  for (const verb of verbs) {
    const own = await answer(folder, [verb, '--help']);
    expect(own).toMatch(new RegExp(`^Usage: pm ${verb}\\b`));
    expect(await answer(folder, ['help', verb])).toBe(own);
  }
});
