import { expect, test } from 'vitest';
import { showEndpoint, toEndpoint } from './endpoint.ts';

test.each([
  [{ socket: '/run/pm/pm.sock' }, '/run/pm/pm.sock'],
  [{ url: 'http://localhost:9180' }, 'http://localhost:9180'],
  [{ url: 'http://localhost:9180/' }, 'http://localhost:9180'],
  [{ url: 'https://pm.example' }, 'https://pm.example:443'],
  [{ url: 'http://pm.example' }, 'http://pm.example:80'],
  [{ url: 'http://[::1]:9180' }, 'http://[::1]:9180'],
  [{ url: 'https://pm.example/behind/proxy/' }, 'https://pm.example:443/behind/proxy'],
])('an endpoint: %j is %s', (options, shown) => {
  expect(showEndpoint(toEndpoint(options))).toBe(shown);
});

test.each([
  [{}, 'neither "socket" nor "url"'],
  [{ socket: '', url: '' }, 'both "socket" and "url"'],
  [{ socket: '' }, 'neither'],
  [{ url: 'localhost:9180' }, 'is not an http or https URL'],
  [{ url: 'file:///etc/passwd' }, 'is not an http or https URL'],
  [{ url: 'not a url' }, 'is not an http or https URL'],
  [{ url: 'http://me:secret@host' }, 'must not carry a user or password'],
])('an endpoint that is none: %j', (options, message) => {
  expect(() => toEndpoint(options)).toThrow(message);
});

test('an endpoint is told without the secret that a URL held', () => {
  expect(() => toEndpoint({ url: 'http://me:secret@host' })).not.toThrow('secret');
});
