import { expect, test } from 'vitest';
import { parseLinks } from './links.ts';

test('links: a link is followed from the folder of its page', () => {
  expect(parseLinks('docs/how-to/a.md', 'See [b](../reference/b.md#part) and [c](c.md).')).toEqual([
    { path: 'docs/how-to/a.md', target: 'docs/reference/b.md' },
    { path: 'docs/how-to/a.md', target: 'docs/how-to/c.md' },
  ]);
});

test('links: other sites, places in the page and code are left alone', () => {
  const text = '[a](https://example.org/) [b](#b) `[c](c.md)`\n\n```md\n[d](d.md)\n```\n';
  expect(parseLinks('a.md', text)).toEqual([]);
});
