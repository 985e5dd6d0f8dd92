import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { InstanceView } from '../instance/view.ts';
import type { SpawnRequest } from '../os/spawner.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import type { HookName, PluginHooks } from './hooks.ts';
import type { FireLimit, Turn } from './payloads.ts';
import { createHooks, type HookRegistry } from './registry.ts';
import { type HookInfo, hookTable } from './table.ts';

const source = readFileSync(new URL('hooks.ts', import.meta.url), 'utf8');
const entries = Object.entries(hookTable) as [HookName, HookInfo][];

describe('the table of hooks', () => {
  test.for(entries)(
    '%s: the sentence of the table is the one authors see in their editor',
    ([name, { description }]) => {
      const member = name.split('.')[1];
      expect(source).toContain(`/** ${description} */\n    readonly ${member}:`);
    },
  );

  test.for(entries)('%s: what core waits for has a limit, and nothing else has', ([, { kind, limitMs }]) => {
    expect(limitMs !== undefined).toBe(kind.startsWith('Async'));
  });

  test('hooks whose silence means "allow" are strict', () => {
    const strict = entries.filter(([, { policy }]) => policy === 'strict').map(([name]) => name);
    expect(strict).toEqual([
      'plan.transform',
      'plan.check',
      'supervisor.starting',
      'command.received',
      'instance.spawning',
    ]);
  });

  test('every hook of the table is there, for core and for plugins', () => {
    const hooks = createHooks({ clock: createFakeClock(), report: () => undefined });
    for (const [name] of entries) {
      const [group, member] = name.split('.') as ['instance', 'spawned'];
      expect(hooks[group][member].hasTaps()).toBe(false);
      expect(hooks[group][member].fire).toBeTypeOf('function');
    }
  });
});

describe('types', () => {
  test('plugins tap, and cannot fire', () => {
    expectTypeOf<PluginHooks['instance']['spawned']>().toHaveProperty('tap');
    expectTypeOf<PluginHooks['instance']['spawned']>().not.toHaveProperty('fire');
    expectTypeOf<HookRegistry['instance']['spawned']>().not.toHaveProperty('tap');
  });

  test('awaited hooks hand their taps a turn, and take a limit', () => {
    expectTypeOf<Parameters<PluginHooks['instance']['spawning']['tap']>[0]>().parameters.toEqualTypeOf<
      [request: SpawnRequest, view: InstanceView, turn: Turn]
    >();
    expectTypeOf<HookRegistry['instance']['spawning']['fire']>().toEqualTypeOf<
      (request: SpawnRequest, view: InstanceView, limit?: FireLimit) => Promise<SpawnRequest>
    >();
  });
});
