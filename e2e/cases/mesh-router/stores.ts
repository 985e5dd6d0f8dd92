import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rename, unlink } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { findProgram } from '../../../tools/test-packages.ts';
import { until, type Folder } from '../../harness/folder.ts';
import { findFreePort } from '../../harness/ports.ts';

/** Where the keys of the router are; names are those below `/nodes/home/`. */
export interface Store {
  /** For the watcher. */
  readonly env: Readonly<Record<string, string>>;
  /** undefined: the key is deleted. */
  put(name: string, value: string | undefined): Promise<void>;
  /** It cannot be read from now on. */
  lose(): Promise<void>;
  /** It can be read again, and holds what it held. */
  recover(): Promise<void>;
}

const toKey = (name: string): string => `/nodes/home/${name}`;

/** A file that is replaced at every change, as careful writers do. */
export async function useFile(folder: Folder): Promise<Store> {
  const keys = new Map<string, string>();
  const write = async (): Promise<void> => {
    const text = JSON.stringify(Object.fromEntries(keys));
    await rename(await folder.write('keys.new', text), `${folder.path}/own-keys.json`);
  };
  await write();
  return {
    env: { KEYS_FILE: 'own-keys.json' },
    async put(name, value) {
      if (value === undefined) keys.delete(toKey(name));
      else keys.set(toKey(name), value);
      await write();
    },
    lose: () => unlink(`${folder.path}/own-keys.json`),
    recover: write,
  };
}

/** An etcd of its own, with its data in the folder. */
export async function useEtcd(folder: Folder): Promise<Store> {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const peer = `http://127.0.0.1:${await findFreePort()}`;
  const args = toArguments({ url, peer, data: `${folder.path}/etcd` });
  let etcd = await startEtcd(args, url);
  onTestFinished(() => endEtcd(etcd));
  return {
    env: { ETCD_URL: url },
    async put(name, value) {
      const key = Buffer.from(toKey(name)).toString('base64');
      if (value === undefined) return post(`${url}/v3/kv/deleterange`, { key });
      return post(`${url}/v3/kv/put`, { key, value: Buffer.from(value).toString('base64') });
    },
    lose: () => endEtcd(etcd),
    async recover() {
      etcd = await startEtcd(args, url);
    },
  };
}

function toArguments({ url, peer, data }: { url: string; peer: string; data: string }): readonly string[] {
  const options = {
    'data-dir': data,
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Resolves when it answers. It ends with the test's process, however that ends. */
async function startEtcd(args: readonly string[], url: string): Promise<ChildProcess> {
  const argv = ['--pdeathsig', 'KILL', findProgram('etcd'), ...args];
  const child = spawn('setpriv', argv, { stdio: 'ignore', env: { ETCD_UNSUPPORTED_ARCH: 'arm64' } });
  await until('etcd is healthy', async () => {
    if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}: etcd ${args.join(' ')}`);
    return fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return child;
}

async function endEtcd(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}
