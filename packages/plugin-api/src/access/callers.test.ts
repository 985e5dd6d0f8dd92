import { expect, test } from 'vitest';
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
  expect(authenticate(bearer('a'.repeat(32)))).toEqual({ name: 'ops', role: 'operate' });
  expect(authenticate(bearer('b'.repeat(32)))).toEqual({ name: 'boss', role: 'admin' });
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
  });
});

test('without tokens, on loopback, anybody may control and nobody may change what there is to run', () => {
  expect(createAuthenticate(toDoor([], tcp))(nothing)).toEqual({ name: 'anonymous', role: 'operate' });
  expect(createAuthenticate(toDoor([], { ...tcp, host: '*' }))(nothing)).toBeUndefined();
});

test('a certificate is enough where it is required and there are no tokens, or where it is an alternative', () => {
  const withCertificate: Credentials = { ...nothing, transport: 'tls', certificate: 'cert-deploy' };
  const door = (clientAuth: 'none' | 'optional' | 'require', own: typeof tokens | []) =>
    toDoor(own, { ...tcp, host: '*', tls: { ...tls, clientAuth } });
  expect(createAuthenticate(door('require', []))(withCertificate)).toEqual({ name: 'cert-deploy', role: 'admin' });
  expect(createAuthenticate(door('optional', tokens))(withCertificate)).toEqual({ name: 'cert-deploy', role: 'admin' });
  expect(createAuthenticate(door('require', tokens))(withCertificate)).toBeUndefined();
  expect(createAuthenticate(door('optional', tokens))(nothing)).toBeUndefined();
});

/** Comparing must not stop at the first character that differs: here only that a wrong one costs what a right one costs. */
test('a wrong token takes the time of a right one', () => {
  const authenticate = createAuthenticate(toDoor(tokens, tcp));
  const time = (token: string): number => {
    const startedAt = performance.now();
    for (let round = 0; round < 2000; round += 1) authenticate(bearer(token));
    return performance.now() - startedAt;
  };
  const best = (token: string): number => Math.min(...Array.from({ length: 7 }, () => time(token)));
  best('a'.repeat(32));
  const ratio = best(`c${'a'.repeat(31)}`) / best('a'.repeat(32));
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(2);
});
