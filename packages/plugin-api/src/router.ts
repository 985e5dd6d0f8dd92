import type { Method, Route } from './routes/route.ts';

/** What a path is: which methods it has, and what stands in the places of its parameters. */
export interface Match<R extends Route> {
  readonly methods: ReadonlyMap<Method, R>;
  /** Decoded, in order. */
  readonly values: readonly string[];
}

export interface Router<R extends Route> {
  add(route: R): void;
  remove(route: R): void;
  /** undefined: there is no such path. Throws URIError where it is not rightly encoded. */
  find(path: string): Match<R> | undefined;
  readonly routes: readonly R[];
}

interface Node<R extends Route> {
  readonly literals: Map<string, Node<R>>;
  /** What stands for any text, where there is such a place. */
  parameter: Node<R> | undefined;
  readonly methods: Map<Method, R>;
}

/** Finds routes by their path. A literal wins over a parameter. */
export function createRouter<R extends Route>(routes: readonly R[]): Router<R> {
  const root = createNode<R>();
  const known = new Set<R>();
  const router: Router<R> = {
    get routes() {
      return [...known];
    },
    add(route) {
      known.add(route);
      nodeOf(root, route.template).methods.set(route.method, route);
    },
    remove(route) {
      known.delete(route);
      const { methods } = nodeOf(root, route.template);
      if (methods.get(route.method) === route) methods.delete(route.method);
    },
    find: (path) => findMatch(root, path),
  };
  for (const route of routes) router.add(route);
  return router;
}

function createNode<R extends Route>(): Node<R> {
  return { literals: new Map(), parameter: undefined, methods: new Map() };
}

/** The node of a template, made on the way. */
function nodeOf<R extends Route>(root: Node<R>, template: string): Node<R> {
  let node = root;
  for (const segment of template.split('/').slice(1)) {
    if (segment.startsWith('{')) node = node.parameter ??= createNode();
    else {
      const next = node.literals.get(segment) ?? createNode<R>();
      node.literals.set(segment, next);
      node = next;
    }
  }
  return node;
}

function findMatch<R extends Route>(root: Node<R>, path: string): Match<R> | undefined {
  const values: string[] = [];
  let node = root;
  for (const segment of path.split('/').slice(1)) {
    const literal = node.literals.get(segment);
    if (literal === undefined && (node.parameter === undefined || segment === '')) return undefined;
    if (literal === undefined) values.push(decodeURIComponent(segment));
    node = (literal ?? node.parameter) as Node<R>;
  }
  return node.methods.size === 0 ? undefined : { methods: node.methods, values };
}

/** The parameters of a path, by name. */
export function toPathValues({ template }: Route, values: readonly string[]): Readonly<Record<string, string>> {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
