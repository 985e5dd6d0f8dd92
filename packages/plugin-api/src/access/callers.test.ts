import { expect, test, vi } from 'vitest';
import { type Credentials, createAuthenticate, toDoor } from './callers.ts';

const tokens = [
  { name: 'ops', token: 'a'.repeat(32), role: 'operate' },
  { name: 'boss', token: 'b'.repeat(32), role: 'admin' },
] as const;

const nothing: Credentials = { transport: 'tcp', authorization: undefined, certificate: undefined };
const bearer = (token: string): Credentials => ({ ...nothing, authorization: `Bearer ${token}` });
const tcp = { host: '127.0.0.1', port: 1 };
const tls = { certFile: 'c', keyFile: 'k', minVersion: 'TLSv1.2', autoReload: true } as const;

test('a token says who it is and what it may do; any other says nothing', () => {
  const authenticate = createAuthenticate(toDoor(tokens, tcp));
  expect(authenticate(bearer('a'.repeat(32)))).toEqual({ name: 'ops', role: 'operate', isAmbient: false });
  expect(authenticate(bearer('b'.repeat(32)))).toEqual({ name: 'boss', role: 'admin', isAmbient: false });
  expect(authenticate({ ...nothing, authorization: `bearer ${'a'.repeat(32)}` })).toMatchObject({ name: 'ops' });
  for (const wrong of ['', 'a', 'a'.repeat(31), 'a'.repeat(33), 'A'.repeat(32), `${'a'.repeat(32)} x`, '\0']) {
    expect(authenticate(bearer(wrong))).toBeUndefined();
  }
  expect(authenticate(nothing)).toBeUndefined();
  expect(authenticate({ ...nothing, authorization: `Basic ${'a'.repeat(32)}` })).toBeUndefined();
});

test('the socket needs nothing', () => {
  expect(createAuthenticate(toDoor(tokens, tcp))({ ...nothing, transport: 'unix' })).toEqual({
    name: 'socket',
    role: 'admin',
    isAmbient: false,
  });
});

test('without tokens, on loopback, anybody may control and nobody may change what there is to run', () => {
  expect(createAuthenticate(toDoor([], tcp))(nothing)).toEqual({ name: 'anonymous', role: 'operate', isAmbient: true });
  expect(createAuthenticate(toDoor([], { ...tcp, host: '*' }))(nothing)).toBeUndefined();
});

test('a certificate is enough where it is required and there are no tokens, or where it is an alternative', () => {
  const withCertificate: Credentials = { ...nothing, transport: 'tls', certificate: 'cert-deploy' };
  const door = (clientAuth: 'none' | 'optional' | 'require', own: typeof tokens | []) =>
    toDoor(own, { ...tcp, host: '*', tls: { ...tls, clientAuth } });
  expect(createAuthenticate(door('require', []))(withCertificate)).toEqual({
    name: 'cert-deploy',
    role: 'admin',
    isAmbient: true,
  });
  expect(createAuthenticate(door('optional', tokens))(withCertificate)).toEqual({
    name: 'cert-deploy',
    role: 'admin',
    isAmbient: true,
  });
  expect(createAuthenticate(door('require', tokens))(withCertificate)).toBeUndefined();
  expect(createAuthenticate(door('optional', tokens))(nothing)).toBeUndefined();
});

test('a token is compared in constant time, with every token there is, whichever fits [line 40]', () => {
  const crypto = process.getBuiltinModule('node:crypto');
  const compare = vi.spyOn(crypto, 'timingSafeEqual');
  const authenticate = createAuthenticate(toDoor(tokens, tcp));
  for (const token of ['a'.repeat(32), 'b'.repeat(32), 'c', '']) {
    compare.mockClear();
    authenticate(bearer(token));
    expect(compare.mock.calls.map(([one, other]) => [one.byteLength, other.byteLength])).toEqual([
      [32, 32],
      [32, 32],
    ]);
  }
});
