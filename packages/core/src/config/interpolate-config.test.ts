import { expect, test } from 'vitest';
import { interpolateConfig, planKeys } from './interpolate-config.ts';
import { mergeLayers } from './layer.ts';
import type { Layer } from './layer.ts';
import { processEntries } from './schema/process.ts';
import { createSectionRegistry } from './sections.ts';

test('every key of a process either waits for the instance or does not: none is forgotten', () => {
  const perInstance = [
    'command',
    'stop_command',
    'reload_command',
    'env',
    'working_dir',
    'stdin',
    'log_file',
    'hooks',
    'pre_script',
    'post_script',
    'ready',
    'shutdown',
  ];
  const all = Object.keys(processEntries(createSectionRegistry([])));
  expect([...planKeys, ...perInstance].toSorted()).toEqual(all.toSorted());
});

test.each<[Layer['layer'], string]>([
  ['file', 'secret'],
  ['extends', 'secret'],
  ['profile', 'secret'],
  ['plugin', 'secret'],
  ['env', '${file:/x}'],
  ['flag', '${file:/x}'],
  ['dynamic', '${file:/x}'],
])(
  'a value of the layer %s: what arrives at run time or through the environment is not expanded',
  (layer, expected) => {
    const merged = mergeLayers([{ layer, from: 'x', value: { name: '${file:/x}' } }]);
    expect(interpolateConfig(merged, { env: {}, readFile: () => 'secret\n' }).merged.value).toEqual({ name: expected });
  },
);

test('keys and the merged input stay as they are', () => {
  const merged = mergeLayers([{ layer: 'file', from: 'x', value: { '${A}': ['${A}', 5, { b: '${A}' }] } }]);
  expect(interpolateConfig(merged, { env: { A: 'a' }, readFile: () => '' }).merged.value).toEqual({
    '${A}': ['a', 5, { b: 'a' }],
  });
  expect(merged.value).toEqual({ '${A}': ['${A}', 5, { b: '${A}' }] });
});

test('what a file brought is a secret, with all that stands around it; what a variable brought is not', () => {
  const value = { a: 'x', b: 'url:${file:/s}', c: ['${A}', '${NONE:-${file:/t}}'], d: '$${file:/s}' };
  const merged = mergeLayers([{ layer: 'file', from: 'x', value }]);
  const { merged: expanded } = interpolateConfig(merged, { env: { A: 'a' }, readFile: (path) => `text of ${path}\n` });
  expect([...(expanded.secrets ?? [])]).toEqual(['url:text of /s', 'text of /t']);
});
