import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countBySearch, countLines, frameLines } from './fast-lines.ts';

test.each([
  ['with the helper', countLines],
  ['without', countBySearch],
])('counting lines, %s, finds every line feed', (_how, count) => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { maxLength: 100 }), (lengths) => {
      const text = lengths.map((length) => 'x'.repeat(length)).join('\n');
      expect(count(Buffer.from(text))).toBe(text.split('\n').length - 1);
    }),
  );
  expect(count(Buffer.alloc(0))).toBe(0);
  expect(count(Buffer.alloc(100_000, '\n'))).toBe(100_000);
});

test('framing lines: what does not fit, or is not worth a call, is left to others', () => {
  const marks = { before: '<', after: '>\n', escape: false };
  const lines = Buffer.from('a line of text\n'.repeat(100));
  expect(frameLines(lines, marks)?.toString()).toBe('<a line of text>\n'.repeat(100));
  expect(frameLines(Buffer.from('a line\n'), marks)).toBe(undefined);
  expect(frameLines(lines, { ...marks, before: 'x'.repeat(10_000) })).toBe(undefined);
});
