import { expect, test } from 'vitest';
import { inPlace } from './in-place.ts';

test.each([
  ['what fits', ['a', 'b'], 3, '\u001B[Ha\u001B[K\nb\u001B[K\u001B[J'],
  [
    'what does not fit is counted',
    ['a', 'b', 'c', 'd'],
    4,
    '\u001B[Ha\u001B[K\nb\u001B[K\n… 2 more lines\u001B[K\u001B[J',
  ],
  ['a terminal of one line', ['a', 'b'], 1, '\u001B[H… 2 more lines\u001B[K\u001B[J'],
])('in place: %s', (_, lines, rows, expected) => {
  expect(inPlace(lines, rows)).toBe(expected);
});
