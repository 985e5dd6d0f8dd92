import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client, type Declaration, type Status } from '@pm-supervisor/client';
import { onTestFinished } from 'vitest';
import { type Folder, until } from '../../harness/folder.ts';
import type { Pm } from '../../harness/pm.ts';

/** The example, as somebody runs it who has copied it. */
export interface Router {
  readonly pm: Pm;
  readonly client: Client;
  /** Pid by name of instance, of all that run. */
  pids(): Promise<Readonly<Record<string, number>>>;
  /** As nothing but a fault would end it. */
  killWatcher(): Promise<void>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Copies the example into the folder, with the client installed, and starts it. */
export async function startRouter(folder: Folder, env: Readonly<Record<string, string>> = {}): Promise<Router> {
  await cp(`${root}/examples/mesh-router`, folder.path, { recursive: true });
  await mkdir(`${folder.path}/node_modules/@pm-supervisor`, { recursive: true });
  await symlink(`${root}/packages/client`, `${folder.path}/node_modules/@pm-supervisor/client`);
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const pm = folder.pm(['run'], { env: { PATH, ...env } });
  await pm.out.waitFor('up after');
  const client = createClient({ socket: `${folder.path}/.run/pm.sock` });
  onTestFinished(() => client.close());
  return {
    pm,
    client,
    pids: async () => toPids(await client.status({ usage: false })),
    async killWatcher() {
      const find = async (): Promise<number | null | undefined> =>
        (await client.process('watcher', { usage: false })).instances[0]?.pid;
      const pid = await find();
      if (pid == null) return;
      process.kill(pid, 'SIGKILL');
      // Else whoever asks next may be told of one that is dead already.
      await until('pm knows that its watcher is dead', async () => (await find()) !== pid);
    },
  };
}

function toPids({ processes }: Status): Readonly<Record<string, number>> {
  const instances = processes.flatMap((each) => each.instances);
  return Object.fromEntries(instances.flatMap(({ id, pid }) => (pid === null ? [] : [[id, pid]])));
}

/** What somebody who reads the keys expects: told apart from how the watcher reads them. */
export interface Expected {
  /** Every process, and whether it is up. */
  readonly ready: Readonly<Record<string, boolean>>;
  readonly tunnels: Readonly<Record<string, Declaration>>;
}

const always = ['dbus', 'avahi', 'watchfrr', 'watcher', 'mihomo', 'dns-monitor'];

export function toExpected(keys: ReadonlyMap<string, string>): Expected {
  const isOn = (name: string): boolean => keys.get(`${name}/enable`) === 'true';
  const tunnels = [...keys].flatMap(([key, path]): [string, Declaration][] => {
    if (key.startsWith('openvpn/'))
      return [[key.replace('/', '-'), { command: ['./stand-in.sh', 'openvpn', '--config', path] }]];
    if (key.startsWith('wireguard/'))
      return [[key.replace('/', '-'), { command: ['./stand-in.sh', 'wg-quick', 'up', path] }]];
    return [];
  });
  return {
    ready: {
      ...Object.fromEntries([...always, ...tunnels.map(([name]) => name)].map((name) => [name, true])),
      easytier: isOn('easytier'),
      tinc: isOn('tinc'),
      mosdns: isOn('mosdns'),
      dnsmasq: isOn('mosdns'),
    },
    tunnels: Object.fromEntries(tunnels),
  };
}
