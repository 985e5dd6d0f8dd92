import type { DependencySpec } from './spec.ts';

/** What the graph needs to know of a process. */
export interface GraphNode {
  readonly name: string;
  readonly priority: number;
  readonly dependsOn: readonly Pick<DependencySpec, 'process'>[];
}

/** Who needs whom. Holds only edges between processes that exist. Every list is in the order of declaration. */
export interface Graph {
  readonly names: readonly string[];
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  readonly priorities: ReadonlyMap<string, number>;
}

/** Builds the graph of `specs`; dependencies on names that are not among them are left out. Linear. */
export function buildGraph(specs: Iterable<GraphNode>): Graph {
  const nodes = [...specs];
  const known = new Set(nodes.map((node) => node.name));
  const dependents = new Map<string, string[]>(nodes.map((node) => [node.name, []]));
  const dependencies = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const needed = [...new Set(node.dependsOn.map((dependency) => dependency.process))].filter((name) =>
      known.has(name),
    );
    dependencies.set(node.name, needed);
    for (const name of needed) dependents.get(name)?.push(node.name);
  }
  return {
    names: [...known],
    dependencies,
    dependents,
    priorities: new Map(nodes.map((node) => [node.name, node.priority])),
  };
}

/** The same processes with every edge turned round: its start order is the stop order. */
export function reverseGraph(graph: Graph): Graph {
  return { ...graph, dependencies: graph.dependents, dependents: graph.dependencies };
}

/** The graph of some of its processes, with the edges between them. */
export function subgraph(graph: Graph, names: Iterable<string>): Graph {
  const kept = new Set(names);
  const restrict = (edges: Graph['dependencies']): Graph['dependencies'] =>
    new Map(
      [...edges].flatMap(([name, others]) =>
        kept.has(name) ? [[name, others.filter((other) => kept.has(other))] as const] : [],
      ),
    );
  return {
    ...graph,
    names: graph.names.filter((name) => kept.has(name)),
    dependencies: restrict(graph.dependencies),
    dependents: restrict(graph.dependents),
  };
}

/**
 * One cycle of every knot of processes that need each other, each as `[a, b, a]`; empty when the graph can be ordered.
 * Cycles that lead through the same knot are not all listed: cutting the one named may show the next.
 */
export function findCycles(graph: Graph): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const name of graph.names) {
    const cycle = done.has(name) ? undefined : walkForCycle(graph, name, done);
    if (cycle !== undefined) cycles.push(cycle);
  }
  return cycles;
}

/** Depth first without recursion: a chain of 10,000 must not overflow the stack. */
function walkForCycle(graph: Graph, root: string, done: Set<string>): string[] | undefined {
  const path: string[] = [root];
  const onPath = new Map<string, number>([[root, 0]]);
  const pending = [dependenciesOf(graph, root)[Symbol.iterator]()];
  let found: string[] | undefined;
  while (path.length > 0) {
    const next = pending.at(-1)?.next();
    if (next?.done !== false) {
      const left = path.pop();
      pending.pop();
      if (left !== undefined) {
        onPath.delete(left);
        done.add(left);
      }
      continue;
    }
    const start = onPath.get(next.value);
    if (start !== undefined) found ??= [...path.slice(start), next.value];
    if (start !== undefined || done.has(next.value)) continue;
    onPath.set(next.value, path.length);
    path.push(next.value);
    pending.push(dependenciesOf(graph, next.value)[Symbol.iterator]());
  }
  return found;
}

/** `a → b → a`. */
export function formatChain(names: readonly string[]): string {
  return names.join(' → ');
}

/**
 * Layers in start order: everything that a layer needs is in earlier layers, and members of one layer do not need each
 * other. Inside a layer: by priority, then as declared. Members of a cycle, and what needs them, are left out.
 */
export function toLayers(graph: Graph): readonly (readonly string[])[] {
  const byRank = compareRank(graph);
  const missing = new Map(graph.names.map((name) => [name, dependenciesOf(graph, name).length]));
  const layers: string[][] = [];
  let layer = graph.names.filter((name) => missing.get(name) === 0);
  while (layer.length > 0) {
    layers.push(layer.toSorted(byRank));
    const freed = new Set<string>();
    for (const dependent of layer.flatMap((name) => dependentsOf(graph, name))) {
      const left = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, left);
      if (left === 0) freed.add(dependent);
    }
    layer = [...freed];
  }
  return layers;
}

/** `names` and everything they need, at any distance, in the order of declaration. */
export function withDependencies(graph: Graph, names: Iterable<string>): readonly string[] {
  const reached = reach(graph.dependencies, names);
  return graph.names.filter((name) => reached.has(name));
}

/** `names` and everything that needs them, at any distance, in the order of declaration. */
export function withDependents(graph: Graph, names: Iterable<string>): readonly string[] {
  const reached = reach(graph.dependents, names);
  return graph.names.filter((name) => reached.has(name));
}

function reach(edges: ReadonlyMap<string, readonly string[]>, from: Iterable<string>): ReadonlySet<string> {
  const reached = new Set(from);
  // A Set visits what is added while it is walked.
  for (const name of reached) for (const next of edges.get(name) ?? []) reached.add(next);
  return reached;
}

function compareRank(graph: Graph): (a: string, b: string) => number {
  const rank = new Map(graph.names.map((name, place) => [name, { place, priority: graph.priorities.get(name) ?? 0 }]));
  const first = { place: -1, priority: 0 };
  return (a, b) => {
    const [one, other] = [rank.get(a) ?? first, rank.get(b) ?? first];
    return one.priority - other.priority || one.place - other.place;
  };
}

function dependenciesOf(graph: Graph, name: string): readonly string[] {
  return graph.dependencies.get(name) ?? [];
}

function dependentsOf(graph: Graph, name: string): readonly string[] {
  return graph.dependents.get(name) ?? [];
}
