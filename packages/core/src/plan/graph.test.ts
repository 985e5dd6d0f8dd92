import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildGraph,
  findCycles,
  formatChain,
  reverseGraph,
  toLayers,
  withDependencies,
  withDependents,
} from './graph.ts';
import { leastCpu } from './fixtures/least-cpu.ts';
import type { Graph, GraphNode } from './graph.ts';
import { findLongestStopPath, hooksCost, stopCost } from './stop-path.ts';
import type { StopCost } from './stop-path.ts';
import { findPriorityConflicts, toWaves } from './waves.ts';

function node(name: string, needs: readonly string[] = [], priority = 100): GraphNode {
  return { name, priority, dependsOn: needs.map((process) => ({ process })) };
}

const web: Graph = buildGraph([
  node('nginx', ['php-fpm']),
  node('php-fpm', ['migrate']),
  node('migrate', ['db']),
  node('queue', ['migrate', 'redis']),
  node('redis'),
  node('db'),
]);

/** Graphs without cycles: a process only needs earlier ones; then shuffled, so that declaration order says nothing. */
const acyclic: fc.Arbitrary<GraphNode[]> = fc
  .array(fc.record({ needs: fc.array(fc.nat(200), { maxLength: 4 }), priority: fc.integer({ min: 0, max: 4 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((rows) =>
    rows.map((row, index) =>
      node(`p${index}`, index === 0 ? [] : row.needs.map((need) => `p${need % index}`), row.priority),
    ),
  )
  .chain((nodes) => fc.shuffledSubarray(nodes, { minLength: nodes.length }));

describe('layers', () => {
  test('put everything a process needs into earlier layers', () => {
    expect(toLayers(web)).toEqual([['redis', 'db'], ['migrate'], ['php-fpm', 'queue'], ['nginx']]);
  });

  test('put lower priorities first inside a layer', () => {
    expect(toLayers(buildGraph([node('a', [], 30), node('b', [], 10), node('c', [], 20)]))).toEqual([['b', 'c', 'a']]);
  });

  test('turned round are the stop order', () => {
    expect(toLayers(reverseGraph(web))).toEqual([['nginx', 'queue'], ['php-fpm', 'redis'], ['migrate'], ['db']]);
  });

  test('hold every process once and respect every edge, in the same way each time', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const graph = buildGraph(nodes);
        const layers = toLayers(graph);
        const layerOf = new Map(layers.flatMap((layer, index) => layer.map((name) => [name, index] as const)));
        expect([...layerOf.keys()].toSorted()).toEqual(nodes.map((each) => each.name).toSorted());
        for (const [name, needs] of graph.dependencies) {
          for (const need of needs) expect(layerOf.get(need)).toBeLessThan(layerOf.get(name) ?? -1);
        }
        expect(toLayers(buildGraph(structuredClone(nodes)))).toEqual(layers);
        expect(findCycles(graph)).toEqual([]);
      }),
    );
  });

  test('leave out a dependency that does not exist', () => {
    expect(toLayers(buildGraph([node('a', ['ghost', 'b', 'b']), node('b')]))).toEqual([['b'], ['a']]);
  });
});

describe('cycles', () => {
  test('are named with the way round', () => {
    const cycles = findCycles(
      buildGraph([node('x', ['a']), node('a', ['b']), node('b', ['c']), node('c', ['a']), node('d', ['d']), node('e')]),
    );
    expect(cycles.map(formatChain)).toEqual(['a → b → c → a', 'd → d']);
  });

  test('leave their members and whatever needs them without a layer', () => {
    expect(toLayers(buildGraph([node('a', ['b']), node('b', ['a']), node('c', ['a']), node('d')]))).toEqual([['d']]);
  });

  test('are found exactly when some process has no layer, and each named edge exists', () => {
    const anything = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((rows) =>
      rows.map((needs, index) =>
        node(
          `p${index}`,
          needs.map((need) => `p${need}`),
        ),
      ),
    );
    fc.assert(
      fc.property(anything, (nodes) => {
        const graph = buildGraph(nodes);
        const cycles = findCycles(graph);
        expect(cycles.length > 0).toBe(toLayers(graph).flat().length < nodes.length);
        for (const cycle of cycles) {
          expect(cycle.at(0)).toBe(cycle.at(-1));
          for (const [index, name] of cycle.slice(0, -1).entries())
            expect(graph.dependencies.get(name)).toContain(cycle[index + 1]);
        }
      }),
    );
  });
});

describe('what a process needs', () => {
  test('is followed at any distance, in the order of declaration', () => {
    expect(withDependencies(web, ['php-fpm'])).toEqual(['php-fpm', 'migrate', 'db']);
    expect(withDependents(web, ['migrate'])).toEqual(['nginx', 'php-fpm', 'migrate', 'queue']);
  });

  test('ends in a cycle too', () => {
    expect(withDependencies(buildGraph([node('a', ['b']), node('b', ['a'])]), ['b'])).toEqual(['a', 'b']);
  });
});

describe('waves', () => {
  test('start lower priorities first', () => {
    expect(toWaves(buildGraph([node('a', [], 20), node('b', [], 10), node('c', [], 20)]))).toEqual([
      { priority: 10, processes: ['b'] },
      { priority: 20, processes: ['a', 'c'] },
    ]);
  });

  test('dependencies win: what an early process needs starts with it, and the contradiction is told', () => {
    const graph = buildGraph([
      node('early', ['late'], 10),
      node('late', ['deep'], 50),
      node('deep', [], 90),
      node('middle', [], 20),
    ]);
    expect(toWaves(graph)).toEqual([
      { priority: 10, processes: ['deep', 'late', 'early'] },
      { priority: 20, processes: ['middle'] },
    ]);
    expect(findPriorityConflicts(graph)).toEqual([
      { process: 'late', priority: 50, wave: 10, neededBy: 'early' },
      { process: 'deep', priority: 90, wave: 10, neededBy: 'late' },
    ]);
  });

  test('never make a process wait for one that waits for it', () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const graph = buildGraph(nodes);
        const waves = toWaves(graph);
        const place = new Map(waves.flatMap((wave) => wave.processes).map((name, index) => [name, index]));
        expect(place.size).toBe(nodes.length);
        for (const [name, needs] of graph.dependencies) {
          for (const need of needs) expect(place.get(need)).toBeLessThan(place.get(name) ?? -1);
        }
      }),
    );
  });
});

describe('the longest stop path', () => {
  const cost =
    (costs: Readonly<Record<string, number>>, oneshots: readonly string[] = []) =>
    (name: string): StopCost => ({ ms: costs[name] ?? 0, alone: oneshots.includes(name) });

  test('sums dependents before what they need', () => {
    const path = findLongestStopPath(web, cost({ nginx: 10, 'php-fpm': 30, queue: 35, db: 5, redis: 2 }));
    expect(path).toEqual({
      totalMs: 45,
      steps: [
        { process: 'nginx', ms: 10 },
        { process: 'php-fpm', ms: 30 },
        { process: 'db', ms: 5 },
      ],
    });
  });

  test('stops waves one after the other', () => {
    const graph = buildGraph([node('a', [], 1), node('b', [], 2), node('c', [], 2)]);
    expect(findLongestStopPath(graph, cost({ a: 5, b: 7, c: 3 }))).toEqual({
      totalMs: 12,
      steps: [
        { process: 'b', ms: 7 },
        { process: 'a', ms: 5 },
      ],
    });
  });

  test('of nothing is nothing', () => {
    expect(findLongestStopPath(buildGraph([]), cost({}))).toEqual({ totalMs: 0, steps: [] });
  });

  test('is the sum of its steps, each at least as long as any single process', () => {
    fc.assert(
      fc.property(acyclic, fc.infiniteStream(fc.nat(1000)), (nodes, stream) => {
        const costs = new Map(nodes.map((each) => [each.name, stream.next().value ?? 0]));
        const path = findLongestStopPath(buildGraph(nodes), cost(Object.fromEntries(costs)));
        expect(path.steps.reduce((sum, step) => sum + step.ms, 0)).toBe(path.totalMs);
        expect(path.totalMs).toBeGreaterThanOrEqual(Math.max(...costs.values()));
      }),
    );
  });

  test('never adds the time of a oneshot to that of what waits for it', () => {
    const graph = buildGraph([node('web', ['migrate']), node('migrate', ['db']), node('db')]);
    expect(findLongestStopPath(graph, cost({ web: 10, migrate: 30, db: 5 }, ['migrate']))).toEqual({
      totalMs: 35,
      steps: [
        { process: 'migrate', ms: 30 },
        { process: 'db', ms: 5 },
      ],
    });
    expect(findLongestStopPath(graph, cost({ web: 40, migrate: 30, db: 5 }, ['migrate']))).toEqual({
      totalMs: 45,
      steps: [
        { process: 'web', ms: 40 },
        { process: 'db', ms: 5 },
      ],
    });
  });

  test('counts drain and stop signal with the timeout each, and the hooks that follow the end with their retries', () => {
    const hook = {
      name: 'h',
      command: { kind: 'argv', argv: ['true'] },
      timeoutMs: 10,
      retry: 2,
      retryDelayMs: 3,
      continueOnError: false,
      env: {},
    } as const;
    const hooks = { preStart: [hook], postStart: [], preStop: [hook], postStop: [hook], finish: [hook] };
    const shutdown = {
      signal: 'SIGTERM',
      timeoutMs: 1000,
      killSignal: 'SIGKILL',
      killMode: 'mixed',
      graceful: true,
    } as const;
    const spec = { type: 'longrun', shutdown, hooks } as const;
    expect(hooksCost([hook])).toBe(36);
    expect(stopCost(spec)).toEqual({ ms: 36 + 1000 + 72, alone: false });
    expect(stopCost({ ...spec, shutdown: { ...shutdown, timeoutMs: 20 } }).ms).toBe(20 + 20 + 72);
    expect(stopCost({ ...spec, type: 'oneshot', shutdown: { ...shutdown, graceful: false } })).toEqual({
      ms: 72,
      alone: true,
    });
  });
});

test('10,000 processes in one chain are ordered without a deep stack and without growing faster than linearly', () => {
  const order = (length: number): void => {
    const graph = buildGraph(
      Array.from({ length }, (_, index) => node(`p${index}`, index === 0 ? [] : [`p${index - 1}`], length - index)),
    );
    expect(findCycles(graph)).toEqual([]);
    expect(toLayers(graph)).toHaveLength(length);
    expect(findLongestStopPath(graph, () => ({ ms: 1, alone: false })).totalMs).toBe(length);
  };
  // Ten times as many: growing with the square would be a factor of 100.
  expect(leastCpu(process.cpuUsage, () => order(10_000)) / leastCpu(process.cpuUsage, () => order(1000))).toBeLessThan(
    50,
  );
});
