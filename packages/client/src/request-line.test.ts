import { expect, test } from 'vitest';
import { toRequestLine } from './request-line.ts';

test.each<[string, Parameters<typeof toRequestLine>[1], string]>([
  ['GET /a', {}, '/a'],
  ['GET /a/{name}/b', { path: { name: 'queue-2' } }, '/a/queue-2/b'],
  ['GET /a/{name}', { path: { name: ['web', 'label=team=web'] } }, '/a/web%2Clabel%3Dteam%3Dweb'],
  ['GET /a/{name}', { path: { name: '../etc/passwd?x#y' } }, '/a/..%2Fetc%2Fpasswd%3Fx%23y'],
  [
    'GET /a',
    { query: { b: 'ä&=', c: 1, d: false, e: undefined, f: ['x', 'y'] } },
    '/a?b=%C3%A4%26%3D&c=1&d=false&f=x%2Cy',
  ],
  ['GET /a', { query: { b: undefined } }, '/a'],
])('a request: %s with %j is %s', (route, values, path) => {
  expect(toRequestLine(route, values)).toEqual({ method: 'GET', path });
});

test.each(['', '.', '..'])('a request: a name that would become another path is refused: %j', (name) => {
  expect(() => toRequestLine('DELETE /processes/{name}', { path: { name } })).toThrow(
    `"${name}" cannot be the name of anything`,
  );
});
