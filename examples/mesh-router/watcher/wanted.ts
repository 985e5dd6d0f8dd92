import type { Declaration } from '@pm-supervisor/client';
import type { Keys } from './keys.ts';

/** What a router is to run, beside what always runs. */
export interface Wanted {
  /** Services on demand that are to run. */
  readonly up: readonly string[];
  /** Those that are not. */
  readonly down: readonly string[];
  /** Tunnels that are to exist, each as a file would hold it under `processes`. */
  readonly instances: Readonly<Record<string, Declaration>>;
  /** Keys that were left aside, and why. */
  readonly refused: readonly string[];
}

/** Which services the key `NAME/enable` switches. */
const switches: Readonly<Record<string, readonly string[]>> = {
  easytier: ['easytier'],
  tinc: ['tinc'],
  mosdns: ['mosdns', 'dnsmasq'],
};

/** What runs for a key `openvpn/NAME` or `wireguard/NAME`; its value is the path of a configuration. */
const kinds: ReadonlyMap<string, (path: string) => Declaration> = new Map([
  ['openvpn', (path) => ({ command: ['./stand-in.sh', 'openvpn', '--config', path] })],
  ['wireguard', (path) => ({ command: ['./stand-in.sh', 'wg-quick', 'up', path] })],
]);

/** What the keys below `/nodes/NODE/` ask for. All of them are read each time: no order of changes leads astray. */
export function toWanted(node: string, keys: Keys): Wanted {
  const isOn = ([name]: [string, unknown]): boolean => keys.get(`/nodes/${node}/${name}/enable`) === 'true';
  const services = Object.entries(switches);
  const tunnels = toTunnels(`/nodes/${node}/`, keys);
  const names = new Set(tunnels.map(({ name }) => name));
  const judged = tunnels.map((tunnel) => ({ ...tunnel, why: toRefusal(tunnel, names) }));
  return {
    up: services.filter(isOn).flatMap(([, members]) => members),
    down: services.filter((service) => !isOn(service)).flatMap(([, members]) => members),
    instances: Object.fromEntries(
      judged.flatMap(({ name, declaration, why }) => (why === undefined ? [[name, declaration]] : [])),
    ),
    refused: judged.flatMap(({ key, why }) => (why === undefined ? [] : [`${key}: ${why}`])),
  };
}

interface Tunnel {
  readonly key: string;
  /** Of its process. */
  readonly name: string;
  readonly path: string;
  readonly declaration: Declaration;
}

function toTunnels(prefix: string, keys: Keys): readonly Tunnel[] {
  const own = [...keys].filter(([key]) => key.startsWith(prefix));
  return own.flatMap(([key, path]) => {
    const [kind = '', ...rest] = key.slice(prefix.length).split('/');
    const declaration = kinds.get(kind)?.(path);
    return declaration === undefined ? [] : [{ key, name: `${kind}-${rest.join('/')}`, path, declaration }];
  });
}

/** pm takes all or nothing: one declaration that it refuses would keep the others from being applied. */
function toRefusal({ name, path }: Tunnel, names: ReadonlySet<string>): string | undefined {
  if (!/^\w+-\w[\w.-]{0,63}$/.test(name)) return 'a name is made of letters, digits, ".", "_" and "-"';
  if (!/^\/[\w./-]+$/.test(path)) return 'a value is the absolute path of a configuration';
  const owner = name.replace(/-1$/, '');
  return owner !== name && names.has(owner) ? `"${name}" is what pm calls the instance of "${owner}"` : undefined;
}
