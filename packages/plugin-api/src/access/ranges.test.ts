import { describe, expect, test } from 'vitest';
import { createAcl } from './acl.ts';
import { createRangeMatcher, isAddressRange, isLoopback, toPlainAddress } from './ranges.ts';
import { createRateLimit } from './rate-limit.ts';

describe('ranges of addresses', () => {
  test.for(['10.0.0.7', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0', '::/0', '::ffff:10.0.0.0/104'])(
    '%s is one',
    (text) => {
      expect(isAddressRange(text)).toBe(true);
    },
  );

  test.for([
    '',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    'localhost',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.256',
    '1',
    '*',
    '::ffff:10.0.0.0/95',
  ])('"%s" is none', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });

  test('IPv4 in the clothes of IPv6 is IPv4, in ranges and in addresses', () => {
    const matches = createRangeMatcher(['10.0.0.0/8', '::ffff:192.168.0.0/112']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::FFFF:192.168.4.5', '192.168.4.5'].every(matches)).toBe(true);
    expect(['11.0.0.1', '::ffff:11.0.0.1', '192.169.0.1', '::1', 'x', ''].some(matches)).toBe(false);
  });

  test('only what is loopback by number, or is called so, is loopback', () => {
    expect(['127.0.0.1', '127.255.0.9', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'].every(isLoopback)).toBe(
      true,
    );
    expect(['*', '0.0.0.0', '::', '10.0.0.1', 'my-host', '', 'localhost.evil.example'].some(isLoopback)).toBe(false);
  });

  test('the zone of an address is no part of it', () => {
    expect(toPlainAddress('fe80::1%eth0')).toBe('fe80::1');
  });
});

describe('access rules', () => {
  const rules = { mode: 'allow', allowList: ['10.0.0.0/8'], denyList: ['10.9.0.0/16'], trustProxy: false } as const;

  test('allow lets in those that are listed, unless they are denied', () => {
    const acl = createAcl(rules);
    expect(acl.isAllowed('10.1.0.1')).toBe(true);
    expect(acl.isAllowed('10.9.0.1')).toBe(false);
    expect(acl.isAllowed('8.8.8.8')).toBe(false);
  });

  test('deny lets in all but those that are listed', () => {
    const acl = createAcl({ ...rules, mode: 'deny' });
    expect(acl.isAllowed('8.8.8.8')).toBe(true);
    expect(acl.isAllowed('10.9.0.1')).toBe(false);
  });

  test('it fails closed: what is no address is let in by neither, and an empty list lets in nobody', () => {
    for (const mode of ['allow', 'deny'] as const) {
      for (const address of [undefined, '', 'x', '10.0.0', '999.0.0.1'])
        expect(createAcl({ ...rules, mode }).isAllowed(address)).toBe(false);
    }
    expect(createAcl({ ...rules, allowList: [] }).isAllowed('10.0.0.1')).toBe(false);
  });

  test('a header is believed only from a trusted proxy, and of it only the last entry', () => {
    expect(createAcl(rules).clientOf('1.2.3.4', '10.0.0.1')).toBe('1.2.3.4');
    const everybody = createAcl({ ...rules, trustProxy: true });
    expect(everybody.clientOf('1.2.3.4', '10.0.0.1, 8.8.8.8')).toBe('8.8.8.8');
    expect(everybody.clientOf('1.2.3.4', undefined)).toBe('1.2.3.4');
    const known = createAcl({ ...rules, trustProxy: ['172.16.0.0/12'] });
    expect(known.clientOf('172.16.0.9', '10.0.0.1')).toBe('10.0.0.1');
    expect(known.clientOf('1.2.3.4', '10.0.0.1')).toBe('1.2.3.4');
  });

  test.for([
    ['10.0.0.1:4711', '10.0.0.1'],
    ['[fd00::1]:4711', 'fd00::1'],
    ['[::ffff:10.0.0.1]', '10.0.0.1'],
    ['unknown', undefined],
    ['', undefined],
    ['10.0.0.1 ', '10.0.0.1'],
    ['_hidden', undefined],
  ] as const)('"%s" of a proxy is %s', ([header, address]) => {
    expect(createAcl({ ...rules, trustProxy: true }).clientOf('1.2.3.4', header)).toBe(address);
  });
});

describe('the rate of a peer', () => {
  test('many may come at once, then so many a second', () => {
    const limit = createRateLimit({ perSecond: 10, burst: 3 });
    expect([0, 0, 0].map((now) => limit('a', now))).toEqual([undefined, undefined, undefined]);
    expect(limit('a', 0)).toBeCloseTo(0.1);
    expect(limit('a', 99)).toBeGreaterThan(0);
    expect(limit('a', 250)).toBeUndefined();
    expect(limit('b', 250)).toBeUndefined();
  });

  test('a whole /64 of IPv6 is one peer', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 1 });
    expect(limit('2001:db8:0:1::1', 0)).toBeUndefined();
    expect(limit('2001:db8:0:1:ffff::2', 0)).toBeGreaterThan(0);
    expect(limit('2001:db8:0:2::1', 0)).toBeUndefined();
    expect(limit('::1', 0)).toBeUndefined();
  });

  test('peers are forgotten before they fill the memory', () => {
    const limit = createRateLimit({ perSecond: 1, burst: 1 });
    expect(limit('first', 0)).toBeUndefined();
    for (let peer = 0; peer < 10_000; peer += 1) limit(`10.0.0.${peer}`, 0);
    expect(limit('first', 0)).toBeUndefined();
  });
});
