import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toWanted, type Wanted } from './wanted.ts';

const wantedOf = (keys: Readonly<Record<string, string>>): Wanted => toWanted('home', new Map(Object.entries(keys)));

const nothing = { up: [], down: ['easytier', 'tinc', 'mosdns', 'dnsmasq'], instances: {}, refused: [] };
const berlin = { command: ['./stand-in.sh', 'openvpn', '--config', '/etc/openvpn/berlin.conf'] };

describe('what is wanted', () => {
  test.each<[what: string, keys: Readonly<Record<string, string>>, wanted: Partial<Wanted>]>([
    ['without keys: nothing', {}, {}],
    [
      'a service whose key says "true" is up',
      { '/nodes/home/tinc/enable': 'true' },
      { up: ['tinc'], down: ['easytier', 'mosdns', 'dnsmasq'] },
    ],
    [
      'dnsmasq goes with mosdns',
      { '/nodes/home/mosdns/enable': 'true' },
      { up: ['mosdns', 'dnsmasq'], down: ['easytier', 'tinc'] },
    ],
    ['any other value is not "true"', { '/nodes/home/tinc/enable': 'yes', '/nodes/home/easytier/enable': 'false' }, {}],
    [
      'keys of other nodes and other programs say nothing',
      { '/nodes/away/tinc/enable': 'true', '/nodes/home/wan': 'up' },
      {},
    ],
    [
      'a node whose name begins like ours is another',
      { '/nodes/home2/openvpn/berlin': '/etc/openvpn/berlin.conf' },
      {},
    ],
    [
      'a tunnel for each key of its kind',
      { '/nodes/home/openvpn/berlin': '/etc/openvpn/berlin.conf', '/nodes/home/wireguard/a.b-2': '/etc/wireguard/a' },
      {
        instances: {
          'openvpn-berlin': berlin,
          'wireguard-a.b-2': { command: ['./stand-in.sh', 'wg-quick', 'up', '/etc/wireguard/a'] },
        },
      },
    ],
    ['what is inherited by every object is no kind', { '/nodes/home/constructor/berlin': '/etc/passwd' }, {}],
  ])('%s', (_what, keys, wanted) => {
    expect(wantedOf(keys)).toEqual({ ...nothing, ...wanted });
  });
});

describe('keys that are left aside', () => {
  test.each<[what: string, key: string, value: string, why: string]>([
    ['no name', 'openvpn/', '/etc/a', 'a name is made of'],
    ['a name with a path in it', 'openvpn/../../dbus', '/etc/a', 'a name is made of'],
    ['a name that no process can have', 'wireguard/a b', '/etc/a', 'a name is made of'],
    ['an option instead of a path', 'openvpn/a', '--script-security', 'a value is the absolute path'],
    ['a variable that pm would fill in', 'openvpn/a', '/etc/${PM_SOCKET}', 'a value is the absolute path'],
    ['a NUL, where a command line ends', 'openvpn/a', '/etc/a\0b', 'a value is the absolute path'],
  ])('%s', (_what, key, value, why) => {
    const good = { '/nodes/home/openvpn/berlin': '/etc/openvpn/berlin.conf' };
    const wanted = wantedOf({ ...good, [`/nodes/home/${key}`]: value });
    expect(wanted.instances).toEqual({ 'openvpn-berlin': berlin });
    expect(wanted.refused).toEqual([expect.stringContaining(`/nodes/home/${key}: ${why}`)]);
  });

  test('a name that is the instance of another is refused, and the other is not', () => {
    const { instances, refused } = wantedOf({ '/nodes/home/openvpn/a': '/a', '/nodes/home/openvpn/a-1': '/b' });
    expect(Object.keys(instances)).toEqual(['openvpn-a']);
    expect(refused).toEqual(['/nodes/home/openvpn/a-1: "openvpn-a-1" is what pm calls the instance of "openvpn-a"']);
  });

  test('whatever the keys are, each tunnel is either wanted or refused, and each switch is up or down', () => {
    const part = fc.oneof(fc.constantFrom('openvpn', 'wireguard', 'mosdns', 'enable', 'a', 'a-1'), fc.string());
    const key = fc.array(part, { maxLength: 4 }).map((parts) => `/nodes/home/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(fc.constant('/etc/a'), fc.string())), (keys) => {
        const { up, down, instances, refused } = wantedOf(keys);
        const tunnels = Object.keys(keys).filter((each) => /^\/nodes\/home\/(openvpn|wireguard)(\/|$)/.test(each));
        expect(Object.keys(instances).length + refused.length).toBe(tunnels.length);
        expect([...up, ...down].toSorted()).toEqual(['dnsmasq', 'easytier', 'mosdns', 'tinc']);
      }),
    );
  });
});
