import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { useSocket } from '../../harness/api.ts';
import { test, until } from '../../harness/folder.ts';

async function rssOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

describe('streams of the API', () => {
  test('events: a picture, then what happens; taken up again where it broke [line 40]', async ({ folder }) => {
    const pm = await folder.run('processes:\n  web: {command: [sleep, "600"]}\n');
    await pm.out.waitFor('up after');
    const api = useSocket(folder);
    const first = await api.stream('/api/v1/events?types=command.*,instance.*');
    const picture = await first.waitFor('the picture', ({ event }) => event === 'snapshot');
    expect(picture.data).toMatchObject({ phase: 'running', processes: [{ name: 'web', state: 'READY' }] });
    await api.post('/api/v1/processes/web/restart?wait=10s');
    await first.waitFor('readiness', ({ event }) => event === 'instance.ready');
    const last = Number(first.seen.at(-1)?.id);
    first.close();
    await api.post('/api/v1/processes/web/stop?wait=10s');
    const second = await api.stream(`/api/v1/events?since=${last}`);
    await second.waitFor('what was missed', ({ event, data }) => event === 'instance.changed' && data.to === 'STOPPED');
    expect(second.seen.map(({ event }) => event)).not.toContain('snapshot');
    expect(second.seen[0]?.id).toBe(String(last + 1));
    await pm.stop();
    await second.waitFor('the end', ({ event }) => event === 'end');
  });

  test('output: each line once, in order, of instances that restart and of those that come later', async ({
    folder,
  }) => {
    const pm = await folder.run(`
global: {log_format: json, restart_backoff: 0, max_restart_attempts: -1}
processes:
  count: {command: [sh, -c, "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo $PM_INSTANCE $i; done; sleep 0.2; exit 1"]}
`);
    await pm.out.waitFor('count-1 started');
    const stream = await useSocket(folder).stream('/api/v1/processes/count/logs?follow&tail=100000');
    const lines = (instance: string): string[] =>
      stream.seen.filter(({ data }) => data?.instance === instance).map(({ data }) => data.msg as string);
    await until('three runs', () => lines('count-1').length >= 1500);
    const expected = Array.from({ length: 1500 }, (_, index) => `count-1 ${(index % 500) + 1}`);
    expect(lines('count-1').slice(0, 1500)).toEqual(expected);
    await useSocket(folder).post('/api/v1/processes/count/scale', { desired: 2 });
    await until('the second', () => lines('count-2').length >= 500);
    await pm.stop();
  });

  test('a client that does not read while a service writes without end: it is cut, memory stays bounded, everybody else goes on [line 34]', async ({
    folder,
  }) => {
    const toNowhere = await folder.write('nowhere.sh', '#!/bin/sh\nexec "$@" > /dev/null\n');
    const yaml = `
processes:
  flood: {command: [sh, -c, "while :; do echo ${'x'.repeat(200)}; done"]}
  quiet: {command: [sleep, "600"]}
`;
    const pm = await folder.run(yaml, { under: toNowhere });
    await until('it is up', async () => folder.exists('.run/pm.sock'));
    const api = useSocket(folder);
    const before = await rssOf(await pm.pid());
    const silent = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await api.connect();
        socket.pause();
        socket.write('GET /api/v1/logs?follow HTTP/1.1\r\nhost: pm\r\n\r\n');
        return socket;
      }),
    );
    const isCut = ({ msg }: { msg: string }): boolean =>
      msg.includes('a stream to unix is ended, because it is not read');
    const warnings = async (): Promise<{ msg: string }[]> =>
      (await api.get('/api/v1/logs?name=pm&level=warn')).body.logs;
    await until('all are cut', async () => (await warnings()).filter(isCut).length === 20, 30_000);
    const slowest = await timeOf(() => api.get('/livez'));
    expect(slowest).toBeLessThan(1000);
    expect((await rssOf(await pm.pid())) - before).toBeLessThan(120 * 1024 * 1024);
    for (const socket of silent) socket.destroy();
    expect((await api.post('/api/v1/processes/quiet/restart?wait=10s')).status).toBe(200);
    await pm.stop();
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  let slowest = 0;
  for (let round = 0; round < 20; round += 1) {
    const startedAt = performance.now();
    await work();
    slowest = Math.max(slowest, performance.now() - startedAt);
    await sleep(10);
  }
  return slowest;
}
