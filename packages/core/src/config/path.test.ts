import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPath, joinBelow, parentPath, parsePath } from './path.ts';

test('paths are written as documentation writes them', () => {
  expect(formatPath(['processes', 'web', 'command', 0])).toBe('processes.web.command[0]');
  expect(formatPath(['processes', 'my.app', 'scale'])).toBe('processes."my.app".scale');
  expect(formatPath([])).toBe('');
});

test('reading a written path gives the segments back, whatever the names', () => {
  const segment = fc.oneof(fc.string(), fc.constantFrom('a.b', '[0]', '"', '\\', '', '__proto__'), fc.nat(99));
  fc.assert(
    fc.property(fc.array(segment), (segments) => {
      expect(parsePath(formatPath(segments))).toEqual(segments);
    }),
  );
});

test('the parent is one level up, and a path can be put below another', () => {
  expect(parentPath('processes."my.app".command[1]')).toBe('processes."my.app".command');
  expect(parentPath('processes')).toBe('');
  expect([joinBelow('a', 'b'), joinBelow('a', '[0]'), joinBelow('a', ''), joinBelow('', 'b')]).toEqual([
    'a.b',
    'a[0]',
    'a',
    'b',
  ]);
});
