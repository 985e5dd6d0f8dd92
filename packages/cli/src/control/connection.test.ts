import { expect, test } from 'vitest';
import { toClientOptions } from './connection.ts';

const both = { PM_URL: 'http://env', PM_SOCKET: '/env.sock', PM_API_TOKEN: 'secret' };

test.each<[string, Record<string, string>, Record<string, string>, object]>([
  ['--socket before the environment', { socket: '/flag.sock' }, both, { socket: '/flag.sock' }],
  [
    '--url before the environment, with the token',
    { url: 'http://flag' },
    both,
    { url: 'http://flag', token: 'secret' },
  ],
  [
    'PM_URL, which somebody set, before PM_SOCKET, which every service has',
    {},
    both,
    { url: 'http://env', token: 'secret' },
  ],
  ['PM_SOCKET', {}, { PM_SOCKET: '/env.sock', PM_API_TOKEN: 'secret' }, { socket: '/env.sock' }],
  ['empty is unset', { socket: '', url: '' }, { PM_URL: '', PM_SOCKET: '/env.sock' }, { socket: '/env.sock' }],
  [
    'the first runtime directory with a socket',
    {},
    { PM_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: '/b' },
    { socket: '/b/pm/pm.sock' },
  ],
])('which supervisor is meant: %s', (_, options, env, expected) => {
  expect(toClientOptions(options, env, (path) => path === '/b/pm/pm.sock')).toEqual(expected);
});

test('which supervisor is meant: without any socket the likeliest place is tried, and named in the error', () => {
  expect(toClientOptions({}, { PM_RUNTIME_DIR: '/a' }, () => false)).toEqual({ socket: '/a/pm.sock' });
});

test('which supervisor is meant: not two', () => {
  expect(() => toClientOptions({ socket: '/a', url: 'http://b' }, {})).toThrow('--socket and --url exclude each other');
});
