import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Api, useSocket } from '../../harness/api.ts';
import { test, until, type Folder } from '../../harness/folder.ts';

const descriptorsOf = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

async function rssOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

const head = 'PUT /api/v1/processes/job HTTP/1.1\r\nhost: pm\r\ncontent-type: application/json\r\n';

/** Below the limits, which count from the beginning. A client of Node that sends while it is cut does not hear why. */
const dribbleMs = 20_000;
/** Each byte would have begun the limits anew: the end would have come later than this after them. */
const lateMs = 15_000;
const [headMs, bodyMs] = [25_000, 60_000];

/** Says `first` at once and then a byte now and then; resolves with what it hears until it is cut. */
async function dribble(api: Api, first: string, limitMs: number): Promise<string> {
  const socket = await api.connect();
  let heard = '';
  socket.on('data', (chunk: Buffer) => void (heard += chunk.toString('latin1')));
  const startedAt = performance.now();
  const cut = new Promise((resolve) => void socket.once('end', resolve).once('close', resolve));
  socket.write(first);
  const beat = setInterval(() => socket.writable && socket.write('x'), 300);
  setTimeout(() => clearInterval(beat), dribbleMs);
  await cut;
  clearInterval(beat);
  socket.destroy();
  expect(performance.now() - startedAt).toBeLessThan(limitMs + lateMs);
  return heard;
}

/** Says nothing more after its one request. */
async function rest(api: Api): Promise<string> {
  const socket: Socket = await api.connect();
  let heard = '';
  socket.on('data', (chunk: Buffer) => void (heard += chunk.toString('latin1')));
  socket.write('GET /livez HTTP/1.1\r\nhost: pm\r\n\r\n');
  await once(socket, 'end');
  socket.end();
  return heard;
}

/** A program with a thousand streams that is killed: its kernel closes them, and tells nobody who does not write. */
async function vanish(folder: Folder): Promise<void> {
  const file = await folder.write(
    'streams.mjs',
    `
    import http from 'node:http';
    let open = 0;
    for (let i = 0; i < 1000; i += 1)
      http.get({ socketPath: process.argv[2], path: '/api/v1/events?types=none', agent: false }, (response) =>
        response.once('data', () => (open += 1) === 1000 && console.log('open')));
    `,
  );
  const child = spawn(process.execPath, [file, `${folder.path}/.run/pm.sock`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

test(
  'clients that never finish what they say are answered 408 and cut, idle ones are let go, those that vanished are noticed without an event; nobody else waits, as PID 1',
  { timeout: 120_000 },
  async ({ folder }) => {
    const pm = await folder.run('processes:\n  web: {command: [sleep, "600"]}\n', { pid1: true });
    await pm.out.waitFor('up after');
    const api = useSocket(folder);
    const pid = await pm.pid();
    await api.get('/api/v1/status');
    const [descriptors, memory] = [await descriptorsOf(pid), await rssOf(pid)];
    await vanish(folder);
    expect(await descriptorsOf(pid)).toBeGreaterThan(descriptors + 500);

    const times = <T>(count: number, work: () => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: count }, work));
    const slow = Promise.all([
      times(50, () => dribble(api, `${head}x-slow: `, headMs)),
      times(50, () => dribble(api, `${head}content-length: 100000\r\n\r\n{"`, bodyMs)),
      times(50, () => rest(api)),
    ]);
    let slowest = 0;
    let largest = 0;
    const watching = new AbortController();
    const watch = (async (): Promise<void> => {
      while (!watching.signal.aborted) {
        const startedAt = performance.now();
        expect((await api.get('/livez')).status).toBe(200);
        slowest = Math.max(slowest, performance.now() - startedAt);
        largest = Math.max(largest, await rssOf(pid));
        await sleep(200);
      }
    })();
    await until('the vanished are noticed', async () => (await descriptorsOf(pid)) < descriptors + 200, 35_000);
    expect((await api.post('/api/v1/processes/web/restart?wait=10s')).status).toBe(200);
    const [heads, bodies, rested] = await slow;
    watching.abort();
    await watch;
    for (const heard of heads) expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    for (const heard of bodies) expect(heard).toMatch(/^HTTP\/1\.1 408 .*"code":"PM_API_TIMEOUT"/s);
    for (const heard of rested) expect(heard).toMatch(/^HTTP\/1\.1 200 [^]*\{"status":"ok"\}\n$/);
    await until('nothing is left of them', async () => (await descriptorsOf(pid)) <= descriptors + 2);
    expect(slowest).toBeLessThan(1000);
    expect(largest - memory).toBeLessThan(100 * 1024 * 1024);
    expect((await api.get('/api/v1/whoami')).body.pid).toBe(1);
    expect((await api.get('/api/v1/processes')).body.processes).toHaveLength(1);
    expect((await pm.stop()).code).toBe(0);
  },
);
