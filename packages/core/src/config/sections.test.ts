import * as v from 'valibot';
import { expect, test } from 'vitest';
import { PluginError } from '../errors.ts';
import { knownOwnerOf } from './owned-keys.ts';
import { createSectionRegistry, placeOf } from './sections.ts';
import type { SectionOwner } from './sections.ts';

function owner(plugin: string, key: string, rest: Partial<SectionOwner> = {}): SectionOwner {
  return { plugin, place: 'process', key, schema: v.unknown(), ...rest };
}

test('a collision names both plugins and what to do', () => {
  const create = (): unknown =>
    createSectionRegistry([owner('a', 'heartbeat'), owner('b', 'pulse', { aliases: ['heartbeat'] })]);
  expect(create).toThrow(PluginError);
  expect(create).toThrow('plugins "a" and "b" both own the key "heartbeat" (in a process)');
});

test('the same key at two places is no collision', () => {
  const registry = createSectionRegistry([owner('a', 'x'), owner('b', 'x', { place: 'global' })]);
  expect(registry.ownerOf('process', 'x')?.plugin).toBe('a');
  expect(registry.ownerOf('global', 'x')?.plugin).toBe('b');
  expect(registry.ownerOf('root', 'x')).toBeUndefined();
});

test('an alias leads to the owner', () => {
  expect(createSectionRegistry([owner('a', 'x', { aliases: ['y'] })]).ownerOf('process', 'y')?.key).toBe('x');
});

test.each([
  ['readiness', { place: 'root', key: 'readiness' }],
  ['global.x', { place: 'global', key: 'x' }],
  ['processes.web.x', { place: 'process', key: 'x' }],
  ['templates."openvpn@".x', { place: 'process', key: 'x' }],
  ['processes.web.logging.x', { place: 'logging', key: 'x' }],
  ['processes.web.shutdown.x', undefined],
  ['processes.web.x[0]', undefined],
  ['bundles.x.y', undefined],
  ['', undefined],
])('%s: which place', (path, expected) => {
  expect(placeOf(path)).toEqual(expected);
});

test('a section’s own way to merge is found by the path, also of a template', () => {
  const merge = (lower: unknown): unknown => lower;
  const { rules } = createSectionRegistry([owner('a', 'x', { merge })]);
  expect([
    rules.mergeAt?.('processes.web.x'),
    rules.mergeAt?.('templates.t@.x'),
    rules.mergeAt?.('processes.web.y'),
  ]).toEqual([merge, merge, undefined]);
});

test('first-party keys are known by place only', () => {
  expect(knownOwnerOf('processes.web.health_check')).toEqual({
    plugin: 'healthchecks',
    package: '@pm-supervisor/plugin-healthchecks',
  });
  expect(knownOwnerOf('global.health_check')).toBeUndefined();
  expect(knownOwnerOf('processes.web.schedule_jitter')?.plugin).toBe('cron');
});
