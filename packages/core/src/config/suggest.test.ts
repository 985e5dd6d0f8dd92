import { expect, test } from 'vitest';
import { closest, listNames } from './suggest.ts';

const keys = ['scale', 'max_scale', 'restart', 'restart_backoff', 'health_check', 'env', 'user'];

test.each([
  ['scael', 'scale'],
  ['scle', 'scale'],
  ['Scale', 'scale'],
  ['helth_check', 'health_check'],
  ['restart-backoff', 'restart_backoff'],
  ['enviroment', undefined],
  ['envv', 'env'],
  ['usr', 'user'],
  ['x', undefined],
  ['', undefined],
])('%s: %s was meant', (word, expected) => {
  expect(closest(word, keys)).toBe(expected);
});

test('a megabyte of nonsense costs nothing', () => {
  const startedAt = performance.now();
  expect(closest('x'.repeat(1_000_000), keys)).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

test('a long list of names is cut', () => {
  expect(listNames(['a', 'b', 'c'], 2)).toBe('a, b, … (1 more)');
});
