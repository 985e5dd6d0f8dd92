import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDependents, orderPlugins } from './order.ts';

const names = (plugins: readonly { name: string }[]): string[] => plugins.map(({ name }) => name);

test('order: without wishes it is the order given', () => {
  expect(names(orderPlugins([{ name: 'b' }, { name: 'a' }]))).toEqual(['b', 'a']);
});

test('order: requires and after come first, then stage, then the order given', () => {
  const plugins = [
    { name: 'late', stage: 'late' as const },
    { name: 'metrics', after: ['health', 'not-on'] },
    { name: 'laravel', requires: ['late'] },
    { name: 'health' },
    { name: 'secrets', stage: 'first' as const },
  ];
  expect(names(orderPlugins(plugins))).toEqual(['secrets', 'health', 'metrics', 'late', 'laravel']);
});

test('order: a missing requirement is an error that names both', () => {
  expect(() => orderPlugins([{ name: 'laravel', requires: ['cron'] }])).toThrow(
    expect.objectContaining({
      message: 'plugin "laravel" requires plugin "cron", which is not on',
      hint: 'Add "cron" under plugins, or remove "laravel".',
    }),
  );
});

test('order: a cycle is printed', () => {
  const plugins = [
    { name: 'free' },
    { name: 'x', after: ['a'] },
    { name: 'a', requires: ['b'] },
    { name: 'b', after: ['c'] },
    { name: 'c', requires: ['a'] },
  ];
  expect(() => orderPlugins(plugins)).toThrow('plugins wait for each other: a → b → c → a');
  expect(() => orderPlugins([{ name: 'me', after: ['me'] }])).toThrow('plugins wait for each other: me → me');
});

test('order: dependents are found through others', () => {
  const plugins = [
    { name: 'a' },
    { name: 'b', requires: ['a'] },
    { name: 'c', requires: ['b'] },
    { name: 'd', after: ['a'] },
  ];
  expect([...findDependents(plugins, new Set(['a']))]).toEqual(['b', 'c']);
});

/** Plugins that wait only for plugins with a lower number: never a cycle. */
const acyclic = fc
  .array(fc.record({ stage: fc.integer({ min: -2, max: 2 }), waits: fc.array(fc.nat(), { maxLength: 3 }) }), {
    maxLength: 12,
  })
  .map((raw) =>
    raw.map(({ stage, waits }, index) => ({
      name: `p${index}`,
      stage,
      after: index === 0 ? [] : waits.map((wait) => `p${wait % index}`),
    })),
  );

test('order: each plugin once, after all it waits for, whatever order was given', () => {
  fc.assert(
    fc.property(
      acyclic.chain((plugins) => fc.shuffledSubarray(plugins, { minLength: plugins.length })),
      (plugins) => {
        const ordered = names(orderPlugins(plugins));
        expect(ordered.toSorted()).toEqual(names(plugins).toSorted());
        for (const { name, after } of plugins) {
          for (const other of after) expect(ordered.indexOf(other)).toBeLessThan(ordered.indexOf(name));
        }
      },
    ),
  );
});
