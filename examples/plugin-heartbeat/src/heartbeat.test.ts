import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestSupervisor, describePlugin, type TestSupervisor } from '@pm-supervisor/core/testing';
import { describe, expect, test } from 'vitest';
import './index.ts';
import { createHeartbeat } from './plugin.ts';
import { ping, type Ping } from './ping.ts';

interface Bench extends TestSupervisor {
  /** Targets of beats, in order. */
  readonly beats: string[];
  /** What the next beats do. Default: arrive at once. */
  answer: () => Promise<void>;
}

async function boot(processes: object, options: object = {}): Promise<Bench> {
  const beats: string[] = [];
  const play: Ping = ({ file, url }) => (beats.push(file ?? url ?? ''), bench.answer());
  const bench = { beats, answer: () => Promise.resolve() } as Bench;
  const supervisor = await createTestSupervisor({
    config: { processes, plugins: { heartbeat: options } },
    plugins: { heartbeat: createHeartbeat(play) },
  });
  return Object.assign(bench, supervisor);
}

const web = { command: 'web', heartbeat: { file: '/beats/${PM_INSTANCE}', interval: '10s' } };

describe('while a process is ready', () => {
  test('it beats at once, and every interval', async () => {
    const pm = await boot({ web });
    await pm.turn(20_000);
    expect(pm.beats).toEqual(['/beats/web-1', '/beats/web-1', '/beats/web-1']);
    expect(await pm.stop()).toBe(0);
  });

  test('each instance has its own heart', async () => {
    const pm = await boot({ web: { ...web, scale: 2 } });
    expect(pm.beats.toSorted()).toEqual(['/beats/web-1', '/beats/web-2']);
    expect(await pm.stop()).toBe(0);
  });

  // region ready
  test('a process that is not ready does not beat', async () => {
    const pm = await boot({ web: { ...web, ready: { port: 80 } } });
    await pm.turn(20_000);
    expect(pm.beats).toEqual([]);
    pm.openPorts.add(80);
    await pm.turn(1_000);
    expect(pm.beats).toHaveLength(1);
    expect(await pm.stop()).toBe(0);
  });
  // endregion

  test('a process that ended does not beat until it is back', async () => {
    const pm = await boot({ web: { ...web, restart_backoff: '1m' } });
    pm.spawner.of('web-1').exit(1);
    await pm.turn(30_000);
    expect(pm.beats).toHaveLength(1);
    await pm.turn(40_000);
    expect(pm.beats.length).toBeGreaterThan(1);
    expect(await pm.stop()).toBe(0);
  });

  test('the option is the interval of those that do not say', async () => {
    const pm = await boot({ web: { command: 'web', heartbeat: { url: 'http://localhost/' } } }, { interval: '1m' });
    await pm.turn(59_000);
    expect(pm.beats).toHaveLength(1);
    await pm.turn(1_000);
    expect(pm.beats).toHaveLength(2);
    expect(await pm.stop()).toBe(0);
  });
});

describe('a beat that does not arrive', () => {
  test('is said once, and so is the recovery', async () => {
    const pm = await boot({ web });
    pm.answer = () => Promise.reject(new Error('disk full'));
    await pm.turn(30_000);
    pm.answer = () => Promise.resolve();
    await pm.turn(20_000);
    expect(pm.eventsOf('heartbeat.missed')).toMatchObject([{ instance: 'web-1', message: 'disk full' }]);
    expect(pm.eventsOf('heartbeat.recovered')).toMatchObject([{ instance: 'web-1', missed: 3 }]);
    expect(pm.logs.records.filter((record) => record.includes('heartbeat'))).toEqual([
      'warn: the heartbeat of web-1 did not arrive: disk full',
    ]);
    expect(await pm.stop()).toBe(0);
  });

  test('is missed when nobody answers within the interval, and does not pile up', async () => {
    const pm = await boot({ web });
    pm.answer = () => new Promise(() => undefined);
    await pm.turn(10_000);
    expect(pm.beats).toHaveLength(2);
    await pm.turn(10_000);
    expect(pm.eventsOf('heartbeat.missed')).toMatchObject([{ message: 'no answer within 10 s' }]);
    expect(await pm.stop()).toBe(0);
  });
});

describe('its configuration', () => {
  test.for([
    ['nothing to do', {}, 'has neither "file" nor "url"'],
    ['a key misspelt', { fil: '/x' }, 'processes.web.heartbeat'],
    ['no URL', { url: 'localhost' }, 'is no URL of http or https'],
    ['no duration', { file: '/x', interval: 'often' }, 'processes.web.heartbeat.interval'],
    ['no time', { file: '/x', interval: 0 }, 'must be longer than 0'],
  ] as const)('%s is an error', async ([, heartbeat, message]) => {
    await expect(boot({ web: { command: 'web', heartbeat } })).rejects.toThrow(message);
  });

  test('an unknown option is an error', async () => {
    await expect(boot({ web }, { intervall: '1s' })).rejects.toThrow('plugins.heartbeat.intervall');
  });
});

describe('the real ping', () => {
  test('makes a file, and touches it', async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'heartbeat-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'web-1');
    const { signal } = new AbortController();
    await ping({ file }, signal);
    utimesSync(file, 1, 1);
    await ping({ file }, signal);
    expect(statSync(file).mtimeMs).toBeGreaterThan(1000);
    await expect(ping({ file: join(folder, 'no/such/folder') }, signal)).rejects.toThrow('ENOENT');
  });

  test('calls a URL, and takes nothing but 2xx', async ({ onTestFinished }) => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/ok' ? 204 : 503).end(),
    ).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { signal } = new AbortController();
    await expect(ping({ url: `${base}/ok` }, signal)).resolves.toBeUndefined();
    await expect(ping({ url: `${base}/down` }, signal)).rejects.toThrow('answered 503');
    await expect(ping({ url: `${base}/ok` }, AbortSignal.abort())).rejects.toThrow('aborted');
  });
});

describePlugin({ describe, test }, () => ({
  name: 'heartbeat',
  plugin: createHeartbeat(() => Promise.resolve()),
  config: { processes: { web } },
}));
