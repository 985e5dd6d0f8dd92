import { expect, test } from 'vitest';
import { fillSnippets } from './snippets.ts';

const files: Record<string, string> = {
  'a.yaml': 'x: 1\nprocesses:\n  # region web\n  web:\n    command: nginx\n\n  # endregion\n',
  'b.ts': 'const b = 1;\n',
};

function read(path: string): string {
  return files[path] ?? '';
}

function page(marker: string, body: string): string {
  return `# Title\n\n${marker}\n\n\`\`\`yaml\n${body}\`\`\`\n\nafter\n`;
}

test('snippets: a region replaces what the block held, without the shared indentation', () => {
  const marker = '<!-- snippet: a.yaml#web -->';
  expect(fillSnippets('p.md', page(marker, 'old\n'), read)).toBe(page(marker, 'web:\n  command: nginx\n'));
});

test('snippets: without a region the whole file is shown, and a second pass changes nothing', () => {
  const marker = '<!-- snippet: b.ts -->';
  const filled = fillSnippets('p.md', page(marker, ''), read);
  expect(filled).toBe(page(marker, 'const b = 1;\n'));
  expect(fillSnippets('p.md', filled, read)).toBe(filled);
});

test('snippets: a region that does not exist is an error that names page, file and region', () => {
  const marker = '<!-- snippet: a.yaml#gone -->';
  expect(() => fillSnippets('p.md', page(marker, ''), read)).toThrow('p.md: a.yaml has no region gone');
});

test('snippets: a marker without a fenced block is an error, not a snippet that is never updated', () => {
  expect(() => fillSnippets('p.md', '<!-- snippet: b.ts -->\n\ntext\n', read)).toThrow('p.md');
});

test('snippets: a page without markers stays as it is', () => {
  expect(fillSnippets('p.md', 'text\n```yaml\nx\n```\n', read)).toBe('text\n```yaml\nx\n```\n');
});
