import { expect, test } from 'vitest';
import { isGuessed, toClientOptions } from './connection.ts';

const both = { PM_URL: 'http://env', PM_SOCKET: '/env.sock', PM_API_TOKEN: 'secret' };
const cwd = '/nowhere';
const pem = Buffer.from('-----BEGIN CERTIFICATE-----');
const files = { cwd, exists: (path: string) => path === '/b/pm/pm.sock', readFile: () => pem };

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
  [
    'with https the files of TLS, options before the environment',
    { url: 'https://flag', certFile: 'c', keyFile: 'k' },
    { PM_CA_FILE: 'ca', PM_CERT_FILE: 'other' },
    { url: 'https://flag', tls: { ca: pem, cert: pem, key: pem } },
  ],
  [
    'files of TLS in the environment are for https alone',
    { socket: '/flag.sock' },
    { PM_CA_FILE: 'ca' },
    { socket: '/flag.sock' },
  ],
])('which supervisor is meant: %s', async (_, options, env, expected) => {
  expect(await toClientOptions(options, { ...files, env })).toEqual(expected);
});

test('which supervisor is meant: without any socket the likeliest place is tried, and named in the error', async () => {
  const env = { PM_RUNTIME_DIR: '/a' };
  expect(await toClientOptions({}, { ...files, env, exists: () => false })).toEqual({ socket: '/a/pm.sock' });
  expect(isGuessed({}, env)).toBe(true);
  expect(isGuessed({}, both)).toBe(false);
});

test.each<[string, Record<string, string>, string]>([
  ['not two', { socket: '/a', url: 'http://b' }, '--socket and --url exclude each other'],
  ['a certificate without its key', { url: 'https://b', certFile: 'c' }, 'a certificate without --key-file'],
  ['a key without its certificate', { url: 'https://b', keyFile: 'c' }, 'a key without --cert-file'],
  ['TLS without https', { url: 'http://b', caFile: 'c' }, '--ca-file is for https'],
  ['TLS on the socket', { socket: '/b', keyFile: 'c' }, '--key-file is for https'],
])('which supervisor is meant: refused is %s', async (_, options, message) => {
  await expect(toClientOptions(options, { ...files, env: {} })).rejects.toThrow(message);
});

test('which supervisor is meant: a file that cannot be read, or is no PEM, is named', async () => {
  const options = { url: 'https://b', caFile: 'ca.crt' };
  const missing = (): never => {
    throw Object.assign(new Error('x'), { code: 'ENOENT' });
  };
  await expect(toClientOptions(options, { cwd, env: {}, readFile: missing })).rejects.toThrow(
    'ca.crt cannot be read: there is no such file',
  );
  await expect(toClientOptions(options, { cwd, env: {}, readFile: () => Buffer.from('x') })).rejects.toThrow(
    'ca.crt is no PEM file',
  );
});
