import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildGraph, type GraphNode } from '../plan/graph.ts';
import { toWaves } from '../plan/waves.ts';
import { createStopOrder } from './stop-order.ts';

const node = (name: string, needs: readonly string[] = [], priority = 100): GraphNode => ({
  name,
  priority,
  dependsOn: needs.map((process) => ({ process })),
});

test('stop order: dependents first, each named once', () => {
  const order = createStopOrder(buildGraph([node('db'), node('fpm', ['db']), node('nginx', ['fpm'])]));
  expect([order.next(), order.next()]).toEqual([['nginx'], []]);
  expect(order.blockersOf('db')).toEqual(['fpm']);
  order.down('nginx');
  expect(order.next()).toEqual(['fpm']);
  order.down('fpm');
  expect(order.next()).toEqual(['db']);
  order.down('db');
  order.down('db');
  expect([order.next(), order.done]).toEqual([[], true]);
});

test('stop order: waves in reverse, and who is waited for is told', () => {
  const order = createStopOrder(buildGraph([node('first', [], 10), node('last', [], 20), node('other', [], 20)]));
  expect(order.next()).toEqual(['last', 'other']);
  order.down('last');
  expect(order.next()).toEqual([]);
  expect(order.blockersOf('first')).toEqual(['other']);
  order.down('other');
  expect(order.next()).toEqual(['first']);
});

test('stop order: what ended by itself is not named, and holds nobody up', () => {
  const order = createStopOrder(buildGraph([node('db'), node('web', ['db']), node('early', [], 10)]));
  order.down('web');
  order.down('db');
  order.down('stranger');
  expect(order.next()).toEqual(['early']);
});

/** Processes that need only earlier ones, so that there is no cycle. */
const graphs = fc
  .array(fc.record({ needs: fc.array(fc.nat(30), { maxLength: 3 }), priority: fc.nat(3) }), { maxLength: 30 })
  .map((list) =>
    buildGraph(
      list.map(({ needs, priority }, index) => {
        const names = needs.filter((need) => need < index).map((need) => `p${need}`);
        return node(`p${index}`, names, priority);
      }),
    ),
  );

test('stop order: nobody is named before all that must be down first, and everybody is in the end', () => {
  fc.assert(
    fc.property(graphs, fc.infiniteStream(fc.nat(100)), (graph, picks) => {
      const order = createStopOrder(graph);
      const waves = toWaves(graph).map(({ processes }) => processes);
      const down = new Set<string>();
      const stopping: string[] = [];
      while (!order.done) {
        for (const name of order.next()) {
          const wave = waves.findIndex((names) => names.includes(name));
          const earlier = [...(graph.dependents.get(name) ?? []), ...waves.slice(wave + 1).flat()];
          expect(earlier.filter((other) => !down.has(other))).toEqual([]);
          stopping.push(name);
        }
        expect(stopping.length).toBeGreaterThan(0);
        const [name = ''] = stopping.splice((picks.next().value ?? 0) % stopping.length, 1);
        down.add(name);
        order.down(name);
      }
      expect([...down].toSorted()).toEqual([...graph.names].toSorted());
    }),
  );
});
