import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { watchEtcd } from './etcd-source.ts';
import type { Keys } from './keys.ts';

interface Fixture {
  readonly told: readonly string[];
  /** What was asked, and from which revision on watches began. */
  readonly asked: readonly string[];
  put(key: string, value: string): void;
  /** Ends the watches: with a message, or as a connection that breaks. */
  cut(message?: unknown): void;
  refuse(isAway: boolean): void;
  next(): Promise<Readonly<Record<string, string>>>;
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** What the gateway of an etcd says, as far as a watcher hears it. */
async function startGateway(): Promise<Fixture> {
  const store = new Map<string, string>();
  const watches = new Set<ServerResponse>();
  const asked: string[] = [];
  const told: string[] = [];
  let revision = 1;
  let isAway = false;
  const send = (watch: ServerResponse, result: object): void => {
    // In two parts: a message need not come in one.
    const line = `${JSON.stringify({ result: { header: { revision: String(revision) }, ...result } })}\n`;
    watch.write(line.slice(0, 20));
    watch.write(line.slice(20));
  };
  const server = createServer((request, response) => void answerRequest(request, response));
  const answerRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await readAll(request)) as { create_request?: { start_revision: string } };
    asked.push(`${request.url} ${body.create_request?.start_revision ?? ''}`.trim());
    if (isAway) return void response.writeHead(503).end('no leader');
    if (request.url === '/v3/watch') {
      watches.add(response);
      return send(response, { created: true });
    }
    const kvs = [...store].map(([key, value]) => ({ key: encode(key), value: encode(value) }));
    response.end(JSON.stringify({ header: { revision: String(revision) }, kvs }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const end = new AbortController();
  const source = watchEtcd({ url, prefix: '/nodes/home/', signal: end.signal, tell: (text) => told.push(text) });
  onTestFinished(async () => {
    end.abort();
    await expect(source.next()).rejects.toThrow('aborted');
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    told,
    asked,
    put(key, value) {
      store.set(key, value);
      revision += 1;
      for (const watch of watches) send(watch, { events: [{}] });
    },
    cut(message) {
      for (const watch of watches)
        if (message === undefined) watch.destroy();
        else send(watch, message as object);
      watches.clear();
    },
    refuse: (value) => (isAway = value),
    next: async () => Object.fromEntries((await source.next()).value as Keys),
  };
}

async function readAll(chunks: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += String(chunk);
  return text;
}

test('etcd: the keys now, and after a change; only what follows is watched', async () => {
  const { next, put, asked } = await startGateway();
  expect(await next()).toEqual({});
  const changed = next();
  await expect.poll(() => asked).toEqual(['/v3/kv/range', '/v3/watch 2']);
  put('/nodes/home/tinc/enable', 'true');
  expect(await changed).toEqual({ '/nodes/home/tinc/enable': 'true' });
});

test('changes that come while nobody looks are read once', async () => {
  const { next, put, asked } = await startGateway();
  await next();
  const first = next();
  await expect.poll(() => asked).toHaveLength(2);
  put('a', '1');
  await first;
  for (let value = 2; value <= 20; value += 1) put('a', String(value));
  expect(await next()).toEqual({ a: '20' });
  const last = next();
  put('a', '21');
  expect(await last).toEqual({ a: '21' });
  expect(asked.filter((path) => path === '/v3/kv/range')).toHaveLength(4);
});

test.each([
  ['a connection that breaks', undefined],
  ['a watch that etcd cancels, because it has compacted what was asked for', { canceled: true }],
])('after %s everything is read again, and nothing is told', async (_what, message) => {
  const { next, put, cut, told, asked } = await startGateway();
  await next();
  const changed = next();
  await expect.poll(() => asked).toHaveLength(2);
  cut(message);
  put('a', 'in between');
  expect(await changed).toEqual({ a: 'in between' });
  expect(told).toEqual([]);
});

test('while etcd is away it says nothing; that is told once, and that it is back', async () => {
  const { next, put, cut, refuse, told, asked } = await startGateway();
  await next();
  const changed = next();
  await expect.poll(() => asked).toHaveLength(2);
  refuse(true);
  cut();
  await expect.poll(() => asked.length, { timeout: 5000 }).toBeGreaterThan(3);
  expect(told).toEqual([expect.stringMatching(/^http:\S+: 503 no leader; what runs goes on$/)]);
  refuse(false);
  put('a', '1');
  expect(await changed).toEqual({ a: '1' });
  expect(told[1]).toMatch(/is back$/);
});
