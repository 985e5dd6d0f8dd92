import { describe, expect, test } from 'vitest';
import { createRouter, toPathValues } from './router.ts';
import { type Route, toRoute } from './routes/route.ts';
import { listRoutes } from './routes/table.ts';
import { parseTarget } from './app/target.ts';

const router = createRouter<Route>(listRoutes());

const find = (method: Route['method'], path: string): string | undefined => {
  const match = router.find(path);
  const route = match?.methods.get(method);
  return route === undefined ? undefined : `${route.key} ${JSON.stringify(toPathValues(route, match?.values ?? []))}`;
};

describe('routes', () => {
  test('every route of the table is found by its own path', () => {
    for (const { method, template, key } of listRoutes())
      expect(router.find(template.replaceAll(/[{}]/g, ''))?.methods.get(method)?.key, key).toBe(key);
  });

  test.for([
    ['GET', '/api/v1/processes/web', 'GET /api/v1/processes/{name} {"name":"web"}'],
    ['POST', '/api/v1/processes/a%2Fb/start', 'POST /api/v1/processes/{name}/start {"name":"a/b"}'],
    ['POST', '/api/v1/processes:reconcile', 'POST /api/v1/processes:reconcile {}'],
    ['GET', '/api/v1/processes/', undefined],
    ['GET', '/api/v1/processes//logs', undefined],
    ['GET', '/api/v1/processes/web/', undefined],
    ['GET', '/api/v1', undefined],
    ['GET', '/', undefined],
    ['GET', '/API/v1/status', undefined],
    ['DELETE', '/livez', undefined],
  ] as const)('%s %s is %s', ([method, path, expected]) => {
    expect(find(method, path)).toBe(expected);
  });

  test('what is encoded wrongly is no path', () => {
    expect(() => router.find('/api/v1/processes/%ff')).toThrow(URIError);
  });

  test('a route that is taken back leaves the others of its path', () => {
    const entry = { summary: '', role: 'read', response: 'Liveness' } as const;
    const [one, two] = [toRoute('GET /a/{name}', entry), toRoute('PUT /a/{name}', entry)];
    const small = createRouter<Route>([one, two]);
    small.remove(one);
    expect([...(small.find('/a/x')?.methods.keys() ?? [])]).toEqual([two.method]);
    small.remove(two);
    expect(small.find('/a/x')).toBeUndefined();
  });
});

describe('the target of a request', () => {
  test.for([
    ['/a?b=1&c', '/a', 'b=1&c='],
    ['http://host:80/a?x', '/a', 'x='],
    ['HTTP://host?x=1', '/', 'x=1'],
    ['//a', '//a', ''],
    ['/a?b?c', '/a', 'b%3Fc='],
  ] as const)('%s', ([url, path, query]) => {
    const target = parseTarget(url);
    expect([target.path, target.query.toString()]).toEqual([path, query]);
  });

  test.for(['', '*', 'host:80', 'ftp://x/y'])('"%s" is none', (url) => {
    expect(() => parseTarget(url)).toThrow('asks for no path');
  });
});
