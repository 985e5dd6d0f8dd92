import { expect, test } from 'vitest';
import { parseFences } from './fences.ts';

test('fences: a block of TypeScript is found with the line of its first code', () => {
  const text = '# Title\n\n```yaml\na: 1\n```\n\n```ts\nconst a = 1;\nconst b = 2;\n```\n';
  expect(parseFences('docs/a.md', text)).toEqual([
    { path: 'docs/a.md', line: 8, code: 'const a = 1;\nconst b = 2;\n' },
  ]);
});

test('fences: blocks in other languages are left alone', () => {
  expect(parseFences('docs/a.md', '```js\nlet a;\n```\n```\nb\n```\n')).toEqual([]);
});
