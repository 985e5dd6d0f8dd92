import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMap, mergeLayers } from './layer.ts';
import type { Layer, RawMap } from './layer.ts';
import { joinPath } from './path.ts';

function layer(kind: Layer['layer'], value: RawMap, from: string = kind): Layer {
  return { layer: kind, from, value };
}

function merge(...values: RawMap[]): RawMap {
  return mergeLayers(values.map((value) => layer('file', value))).value;
}

/** Maps of three keys where `m…` always holds a map and every other key a leaf, so that the order of merging cannot matter. */
const tree = fc.letrec<{ map: RawMap }>((tie) => ({
  map: fc.record(
    {
      a: fc.integer(),
      b: fc.array(fc.integer(), { maxLength: 2 }),
      m: fc.option(tie('map'), { nil: {}, maxDepth: 3 }),
    },
    { requiredKeys: [] },
  ),
})).map;

describe('layers', () => {
  test('precedence is that of the kinds, then of the order', () => {
    const merged = mergeLayers([
      layer('env', { a: 'env' }),
      layer('profile', { a: 'profile', b: 'profile' }),
      layer('plugin', { a: 1, b: 1, c: 1, d: 1, e: 'plugin' }),
      layer('flag', { f: 'flag' }),
      layer('file', { a: 2, b: 2, c: 'file', f: 2 }),
      layer('extends', { c: 3, d: 'first' }),
      layer('extends', { d: 'second' }),
    ]);
    expect(merged.value).toEqual({ a: 'env', b: 'profile', c: 'file', d: 'second', e: 'plugin', f: 'flag' });
  });

  test('maps merge, lists and scalars replace', () => {
    expect(merge({ m: { a: 1, l: [1, 2] }, s: 1 }, { m: { b: 2, l: [3] }, s: { x: 1 } })).toEqual({
      m: { a: 1, b: 2, l: [3] },
      s: { x: 1 },
    });
  });

  test('null takes away what lies below, and stays where nothing does', () => {
    expect(merge({ a: { b: 1, c: 2 } }, { a: { b: null } })).toEqual({ a: { c: 2 } });
    expect(merge({ web: null })).toEqual({ web: null });
  });

  test('undefined is not a value', () => {
    expect(merge({ a: 1 }, { a: undefined })).toEqual({ a: 1 });
  });

  test('a section may say how its values join', () => {
    const rules = {
      mergeAt: (path: string) =>
        path === 'p.list' ? (a: unknown, b: unknown) => [...(a as []), ...(b as [])] : undefined,
    };
    expect(
      mergeLayers([layer('plugin', { p: { list: [1] } }), layer('file', { p: { list: [2] } })], rules).value,
    ).toEqual({ p: { list: [1, 2] } });
  });

  test('provenance names the layer, the place and the note', () => {
    const plugin: Layer = { ...layer('plugin', { p: { scale: 4 } }, 'autotune'), note: () => 'cgroup memory 2 GiB' };
    const file: Layer = {
      ...layer('file', { p: { command: ['x'] } }, 'pm.yaml'),
      positionOf: () => ({ file: 'pm.yaml', line: 3, column: 5 }),
    };
    const { provenance } = mergeLayers([plugin, file]);
    expect(provenance.get('p.scale')).toEqual({ layer: 'plugin', from: 'autotune', note: 'cgroup memory 2 GiB' });
    expect(provenance.get('p.command')).toEqual({ layer: 'file', from: 'pm.yaml', line: 3, column: 5 });
  });

  test('a key that is missing has the place of the map it is missing from', () => {
    const positionOf: Layer['positionOf'] = (path) =>
      path === 'p' ? { file: 'pm.yaml', line: 1, column: 1 } : undefined;
    expect(mergeLayers([{ ...layer('file', { p: {} }), positionOf }]).positionOf('p.command')).toEqual({
      file: 'pm.yaml',
      line: 1,
      column: 1,
    });
  });

  test('a value from the environment does not claim the place of the file it overrides', () => {
    const file: Layer = {
      ...layer('file', { p: { scale: 1 } }),
      positionOf: () => ({ file: 'pm.yaml', line: 1, column: 1 }),
    };
    const env: Layer = { ...layer('env', { p: { scale: '2' } }), fromOf: () => 'PM_PROCESS_P_SCALE' };
    const merged = mergeLayers([file, env]);
    expect(merged.positionOf('p.scale')).toBeUndefined();
    expect(merged.sourceOf('p.scale')).toMatchObject({ layer: 'env', from: 'PM_PROCESS_P_SCALE' });
    expect(merged.positionOf('p')).toEqual({ file: 'pm.yaml', line: 1, column: 1 });
  });

  test('no key reaches a prototype', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
    ) as RawMap;
    const value = merge({ a: 1 }, hostile, hostile);
    expect(Object.keys(value)).toEqual(['a', '__proto__', 'constructor']);
    expect(({} as RawMap)['polluted']).toBeUndefined();
  });

  test('inputs are not changed', () => {
    const [lower, higher] = [{ m: { a: 1 } }, { m: { b: 2 } }];
    merge(lower, higher);
    expect([lower, higher]).toEqual([{ m: { a: 1 } }, { m: { b: 2 } }]);
  });

  test('merging is associative and idempotent', () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
        expect(merge(a, a)).toEqual(merge(a));
      }),
    );
  });

  test('the last layer that has a leaf wins', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const result = new Map(leaves(merge(a, b)));
        for (const [path, leaf] of leaves(b)) if (!isMap(leaf)) expect(result.get(path)).toEqual(leaf);
      }),
    );
  });

  test('every leaf of the result has provenance, and nothing else has', () => {
    fc.assert(
      fc.property(fc.array(tree), (trees) => {
        const merged = mergeLayers(trees.map((value, index) => layer('file', value, String(index))));
        expect([...merged.provenance.keys()].toSorted()).toEqual(
          leaves(merged.value)
            .map(([path]) => path)
            .toSorted(),
        );
      }),
    );
  });
});

function leaves(value: unknown, path = ''): [string, unknown][] {
  if (!isMap(value) || Object.keys(value).length === 0) return path === '' ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, joinPath(path, key)));
}
