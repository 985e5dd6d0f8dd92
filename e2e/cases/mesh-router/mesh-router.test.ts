import { expect } from 'vitest';
import { createServices } from '../../../examples/mesh-router/watcher/services.ts';
import { test, type Folder } from '../../harness/folder.ts';
import { startRouter, toExpected, type Router } from './router.ts';
import { useEtcd, useFile, type Store } from './stores.ts';

const values: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'easytier/enable': ['true', 'false', undefined],
  'tinc/enable': ['true', undefined],
  'mosdns/enable': ['true', 'false'],
  ...Object.fromEntries(
    ['openvpn/berlin', 'openvpn/eu-2', 'wireguard/lisbon', 'wireguard/a.b'].map((name) => [
      name,
      ['/etc/one.conf', '/etc/two.conf', undefined],
    ]),
  ),
};

/** The same changes in every run. */
function createFlips(store: Store): { keys: ReadonlyMap<string, string>; flip: () => Promise<void> } {
  const keys = new Map<string, string>();
  let seed = 4;
  const choose = <T>(list: readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return list.at((seed >> 8) % list.length) as T;
  };
  const flip = async (): Promise<void> => {
    const name = choose(Object.keys(values));
    const value = choose((values[name] ?? []).filter((each) => each !== keys.get(name)));
    if (value === undefined) keys.delete(name);
    else keys.set(name, value);
    await store.put(name, value);
  };
  return { keys, flip };
}

/** Waits until what is there is exactly what the keys say: in names, in state, in every word of each declaration, in pids. */
async function expectInStep({ client }: Router, keys: ReadonlyMap<string, string>, folder: Folder): Promise<void> {
  const { ready, tunnels } = toExpected(keys);
  const look = async (): Promise<unknown> => {
    const { diff } = await client.reconcile('owner=mesh-router', tunnels, { dryRun: true });
    const processes = await client.processes({ usage: false });
    return {
      ready: Object.fromEntries(processes.map((each) => [each.name, each.ready])),
      diff: [...(diff?.added ?? []), ...(diff?.removed ?? []), ...(diff?.changed ?? [])],
      standIns: await folder.countProcesses('sleep\0infinity'),
    };
  };
  // All that is up but the watcher is a stand-in.
  const standIns = Object.values(ready).filter(Boolean).length - 1;
  await expect.poll(look, { timeout: 20_000 }).toEqual({ ready, diff: [], standIns });
}

test('mesh router: 200 changes of a file, a watcher that is killed, a file that is gone for a while: in the end exactly the declared set [lines 17, 18]', async ({
  folder,
}) => {
  await expectToSettle(folder, await useFile(folder));
});

test('mesh router: 200 changes in an etcd, a watcher that is killed, an etcd that is restarted: in the end exactly the declared set [lines 17, 18]', async ({
  folder,
}) => {
  await expectToSettle(folder, await useEtcd(folder));
});

async function expectToSettle(folder: Folder, store: Store): Promise<void> {
  const router = await startRouter(folder, store.env);
  const { keys, flip } = createFlips(store);
  for (let count = 1; count <= 200; count += 1) {
    const before = countApplied(router);
    await flip();
    if (killed.has(count)) await router.killWatcher();
    // At first all at once; then each by itself.
    if (count > 100) await router.pm.out.waitFor(applied, { times: before + 1 });
    if (count === 120) await loseStore(router, store, () => expectInStep(router, keys, folder));
  }
  await expectInStep(router, keys, folder);
  expect(countApplied(router)).toBeGreaterThan(60);
  expect(await router.pm.stop()).toEqual({ code: 0, signal: null });
  expect(await folder.countProcesses('sleep\0infinity')).toBe(0);
}

/** The watcher says so when pm has agreed. */
const applied = /^watcher-1: wanted: /;
/** At which changes it is killed: while it starts, and in the middle of its work. */
const killed: ReadonlySet<number> = new Set([20, 150, 151]);

function countApplied({ pm }: Router): number {
  return pm.out.texts.filter((text) => applied.test(text)).length;
}

/** What runs is left alone while nobody knows what is wanted. */
async function loseStore({ pm, pids }: Router, store: Store, inStep: () => Promise<void>): Promise<void> {
  await inStep();
  const before = await pids();
  await store.lose();
  await pm.out.waitFor(/^watcher-1: .*what runs goes on/);
  expect(await pids()).toEqual(before);
  await store.recover();
}

test('mesh router: all that a watcher of another supervisor asks for', async ({ folder }) => {
  const { client, pids, pm } = await startRouter(folder, { KEYS_FILE: 'none.json' });
  const services = createServices(client);
  expect(await services.statusAll()).toMatchObject({ dbus: 'up', watcher: 'up', easytier: 'down', dnsmasq: 'down' });

  expect(await services.start('dnsmasq')).toBe(true);
  expect(await services.start('dnsmasq')).toBe(false);
  expect(await services.status('mosdns')).toBe('up');
  expect(await services.isRunning('dnsmasq')).toBe(true);
  const { 'mosdns-1': first } = await pids();
  expect(await services.restart('mosdns')).toBe(true);
  expect((await pids())['mosdns-1']).not.toBe(first);
  expect(await services.stop('dnsmasq')).toBe(true);
  expect(await services.stop('dnsmasq')).toBe(false);
  expect(await services.status('dnsmasq')).toBe('down');
  expect(await services.isRunning('dnsmasq')).toBe(false);

  expect(await services.create('openvpn-eu', ['./stand-in.sh', 'openvpn', 'eu'])).toBe(true);
  expect(await services.create('openvpn-eu', ['./stand-in.sh', 'openvpn', 'eu'])).toBe(false);
  const { 'openvpn-eu-1': tunnel, 'mihomo-1': mihomo } = await pids();
  await folder.write(
    'pm.yaml',
    (await folder.read('pm.yaml')).replace('[./stand-in.sh, tinc]', '[./stand-in.sh, tinc2]'),
  );
  expect(await services.reload()).toBe(true);
  expect(await services.reload()).toBe(false);
  expect(await pids()).toMatchObject({ 'openvpn-eu-1': tunnel, 'mihomo-1': mihomo });
  expect(await services.remove('openvpn-eu')).toBe(true);
  expect(Object.keys(await services.statusAll())).not.toContain('openvpn-eu');
  await expect(services.status('openvpn-eu')).rejects.toThrow(/^there is no .* "openvpn-eu"$/);
  await pm.stop();
});
