import { expect, test } from 'vitest';
import { isInRange } from './version-range.ts';

test.for([
  ['1.0.0', '^1.0.0', true],
  ['1.9.3', '^1.0.0', true],
  ['2.0.0', '^1.0.0', false],
  ['1.0.0', '^1.1.0', false],
  ['0.2.5', '^0.2.3', true],
  ['0.3.0', '^0.2.3', false],
  ['0.0.3', '^0.0.3', true],
  ['0.0.4', '^0.0.3', false],
  ['0.5.0', '^0', true],
  ['1.2.9', '~1.2.3', true],
  ['1.3.0', '~1.2.3', false],
  ['1.9.0', '~1', true],
  ['1.4.0', '1.x', true],
  ['1.4.0', '1', true],
  ['2.0.0', '1', false],
  ['1.4.0', '1.4', true],
  ['1.5.0', '1.4.*', false],
  ['1.0.0', '1.0.0', true],
  ['1.0.1', '=1.0.0', false],
  ['5.0.0', '*', true],
  ['5.0.0', '', true],
  ['2.5.0', '>=1.0.0 <3', true],
  ['3.0.0', '>= 1.0.0 < 3', false],
  ['1.0.0', '>1', false],
  ['2.0.0', '>1', true],
  ['1.0.1', '>1.0.0', true],
  ['1.9.0', '<=1', true],
  ['2.0.0', '<=1', false],
  ['3.1.0', '^1.0.0 || ^3.0.0', true],
  ['2.0.0', '^1.0.0 || ^3.0.0', false],
] as const)('%s in "%s": %s', ([version, range, expected]) => {
  expect(isInRange(version, range)).toBe(expected);
});

test('what is no range is an error, not a match', () => {
  expect(() => isInRange('1.0.0', 'latest')).toThrow('"latest" is not a version range like "^1.0.0"');
});
