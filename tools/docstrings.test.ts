import { expect, test } from 'vitest';
import { hasDocstring, listPublicNames } from './docstrings.ts';

const files: Record<string, string> = {
  'p/src/index.ts': `export { a, b as c } from './a.ts';\nexport type { T } from './t.ts';\nexport type * from './u.ts';\n`,
  'p/src/u.ts': 'export interface U {}\ninterface Hidden {}\n',
};

test('docstrings: the public names of an index are found with the files that declare them', () => {
  expect(listPublicNames('p/src/index.ts', (path) => files[path] ?? '')).toEqual([
    { name: 'a', path: 'p/src/a.ts' },
    { name: 'b', path: 'p/src/a.ts' },
    { name: 'T', path: 'p/src/t.ts' },
    { name: 'U', path: 'p/src/u.ts' },
  ]);
});

test('docstrings: only a comment right above the declaration counts', () => {
  const source = '/** About a. */\nexport function a(): void {}\n\n// no docstring\nexport const b = 1;\n';
  expect(hasDocstring('a', source)).toBe(true);
  expect(hasDocstring('b', source)).toBe(false);
});
