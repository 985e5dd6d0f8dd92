import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bootApi, type ApiBench, type RawConnection, type TestStream } from '../testing/api-bench.ts';

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within 10 s: ${what}`);
    await sleep(5);
  }
}

const kinds = ({ seen }: TestStream): string[] => seen.map(({ event }) => event);

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Something to tell. */
const happen = (pm: ApiBench, times = 1): void => {
  for (let round = 0; round < times; round += 1) pm.supervisor.journal.append('orphan.reaped', { pid: round });
};

describe('events', () => {
  test('a snapshot comes first, then every event with its number', async () => {
    const pm = await bootApi();
    const stream = await pm.stream('/api/v1/events');
    expect(stream.response.headers['content-type']).toBe('text/event-stream');
    const snapshot = await stream.waitFor('snapshot');
    expect(snapshot).toMatchObject({
      id: String(pm.supervisor.journal.seq),
      data: { phase: 'running', processes: [{ name: 'web' }] },
    });
    happen(pm, 2);
    await until('two events', () => stream.seen.length === 3);
    expect(stream.seen.slice(1)).toMatchObject([
      {
        event: 'orphan.reaped',
        id: String(Number(snapshot.id) + 1),
        data: { seq: Number(snapshot.id) + 1, type: 'orphan.reaped', pid: 0 },
      },
      { event: 'orphan.reaped', id: String(Number(snapshot.id) + 2), data: { pid: 1 } },
    ]);
    expect(await pm.stop()).toBe(0);
  });

  test('who comes back with the last number gets what was missed, and no snapshot', async () => {
    const pm = await bootApi();
    const { seq } = pm.supervisor.journal;
    happen(pm, 3);
    for (const stream of [
      await pm.stream(`/api/v1/events?since=${seq + 1}`),
      await pm.stream('/api/v1/events', { 'last-event-id': String(seq + 1) }),
    ]) {
      await until('two events', () => stream.seen.length === 2);
      expect(stream.seen.map(({ id }) => id)).toEqual([String(seq + 2), String(seq + 3)]);
    }
    expect(await pm.stop()).toBe(0);
  });

  test('a gap is announced, and a snapshot follows; a number from another life is a gap too', async () => {
    const pm = await bootApi();
    happen(pm, 5000);
    for (const since of [1, 999_999]) {
      const stream = await pm.stream(`/api/v1/events?since=${since}`);
      await stream.waitFor('snapshot');
      expect(kinds(stream)).toEqual(['gap', 'snapshot']);
      expect(stream.seen[0]?.data).toMatchObject({ after: since });
    }
    expect(await pm.stop()).toBe(0);
  });

  test('some types alone', async () => {
    const pm = await bootApi();
    const stream = await pm.stream('/api/v1/events?types=command.*,plan.applied&since=0');
    happen(pm);
    await pm.post('/api/v1/processes/web/start');
    await stream.waitFor('command.accepted');
    expect(new Set(kinds(stream))).toEqual(new Set(['command.accepted']));
    expect(await pm.stop()).toBe(0);
  });

  test('without following, those that are kept', async () => {
    const pm = await bootApi();
    const { body } = await pm.get('/api/v1/events?follow=false&types=supervisor.*');
    expect(body).toMatchObject({ gap: false, seq: pm.supervisor.journal.seq });
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual([
      'supervisor.starting',
      'supervisor.running',
    ]);
    expect(body.events[1].boot_ms).toBeTypeOf('number');
    expect(
      (await pm.get(`/api/v1/events?since=${body.seq}`, { headers: { accept: 'application/json' } })).body.events,
    ).toEqual([]);
    expect(await pm.stop()).toBe(0);
  });

  test('when the last listener has gone nothing is left of it', async () => {
    const pm = await bootApi();
    const stream = await pm.stream('/api/v1/events');
    await stream.waitFor('snapshot');
    const pending = pm.clock.pending;
    stream.close();
    await until('the beat has stopped, without waiting for it', () => pm.clock.pending < pending);
    happen(pm);
    expect(await pm.stop()).toBe(0);
  });

  test('who has only closed its half goes on getting what happens', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write('GET /api/v1/events?since=0&types=orphan.* HTTP/1.1\r\nhost: a\r\n\r\n');
    await until('the head', () => raw.text().includes('\r\n\r\n'));
    raw.socket.end();
    await until('a look whether it is there', () => raw.text().endsWith(':\n\n'));
    happen(pm);
    await until('the event', () => raw.text().includes('event: orphan.reaped'));
    await pm.turn(1000);
    await until('another look', () => raw.text().endsWith(':\n\n'));
    expect(await pm.stop()).toBe(0);
  });

  test('who leaves over TCP is seen to have gone after a second', async () => {
    const port = await findPort();
    const pm = await bootApi({ options: { port } });
    const pending = pm.clock.pending;
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /api/v1/events?types=none HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    const streaming = pm.clock.pending;
    socket.destroy();
    await until('there is a doubt', () => pm.clock.pending > streaming);
    await pm.turn(1000);
    await until('nothing waits for it', () => pm.clock.pending <= pending);
    expect(await pm.stop()).toBe(0);
  });

  test('a comment shows that the other side is there, only while somebody listens', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write('GET /api/v1/events?since=0&types=none HTTP/1.1\r\nhost: a\r\n\r\n');
    await until('the head', () => raw.text().includes('\r\n\r\n'));
    await pm.turn(15_000);
    await until('a beat', () => raw.text().endsWith(':\n\n'));
    expect(await pm.stop()).toBe(0);
  });

  test('at the end it is said that it is the end', async () => {
    const pm = await bootApi();
    const stream = await pm.stream('/api/v1/events');
    await stream.waitFor('snapshot');
    const code = pm.stop();
    expect(await stream.waitFor('end')).toMatchObject({ data: { reason: 'closing' } });
    await stream.ended;
    expect(kinds(stream)).toContain('supervisor.draining');
    expect(await code).toBe(0);
  });
});

describe('a client that does not read', () => {
  const silent = async (pm: ApiBench, path: string): Promise<RawConnection> => {
    const raw = await pm.connect();
    raw.socket.pause();
    raw.socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await pm.get('/livez');
    return raw;
  };

  test('is ended when too much waits for it, with an announcement; the others go on', async () => {
    const pm = await bootApi();
    const raw = await silent(pm, '/api/v1/events?since=0');
    const reader = await pm.stream('/api/v1/events?since=0');
    for (let round = 0; round < 100; round += 1) {
      happen(pm, 400);
      await pm.get('/livez');
    }
    expect(pm.logs.records.filter((record) => record.includes('is not read'))).toHaveLength(1);
    await until('all that happened', () => reader.seen.length >= 40_000);
    raw.socket.resume();
    await raw.closed;
    expect(raw.text()).toMatch(/event: end\ndata: \{"reason":"slow","detail":"\d+ bytes were not read"\}\n\n$/);
    expect(raw.text().length).toBeLessThan(4 * 1024 * 1024);
    expect(await pm.stop()).toBe(0);
  });

  test('is gone for good a few seconds later, if it still does not', async () => {
    const pm = await bootApi();
    const raw = await silent(pm, '/api/v1/events?since=0');
    for (let round = 0; round < 100; round += 1) happen(pm, 400);
    await pm.get('/livez');
    expect(pm.logs.records.some((record) => record.includes('is not read'))).toBe(true);
    await pm.turn(6000);
    raw.socket.resume();
    await raw.closed;
    expect(raw.text()).not.toContain('event: end');
    expect(await pm.stop()).toBe(0);
  });

  test('is found out by the beat where little happens', async () => {
    const pm = await bootApi({
      processes: Object.fromEntries(Array.from({ length: 800 }, (_, index) => [`p${index}`, { command: 'x' }])),
    });
    const raw = await silent(pm, '/api/v1/events');
    for (let beat = 0; beat < 5; beat += 1) await pm.turn(15_000);
    expect(pm.logs.records.filter((record) => record.includes('is not read'))).toHaveLength(1);
    raw.socket.destroy();
    expect(await pm.stop()).toBe(0);
  });
});

describe('output', () => {
  test('kept lines of all in the order of time, and of some', async () => {
    const pm = await bootApi({ processes: { a: { command: 'a' }, b: { command: 'b', scale: 2 } } });
    pm.spawner.of('a-1').write('one\n');
    pm.spawner.of('b-2').write('two\nthree\n');
    await pm.turn();
    const messages = async (path: string): Promise<string[]> =>
      (await pm.get(path)).body.logs.map(
        ({ instance, msg }: { instance: string; msg: string }) => `${instance} ${msg}`,
      );
    expect(await messages('/api/v1/logs')).toEqual(['a-1 one', 'b-2 two', 'b-2 three']);
    expect(await messages('/api/v1/logs?name=b')).toEqual(['b-2 two', 'b-2 three']);
    expect(await messages('/api/v1/processes/b/logs?tail=1')).toEqual(['b-2 three']);
    expect(await messages('/api/v1/processes/b-1/logs')).toEqual([]);
    expect(await messages('/api/v1/logs?tail=0')).toEqual([]);
    expect(await messages('/api/v1/logs?level=warn')).toEqual([]);
    expect(await messages('/api/v1/logs?stream=stdout&limit=1')).toEqual(['b-2 three']);
    expect(await pm.get('/api/v1/processes/x/logs')).toMatchObject({
      status: 404,
      body: { code: 'PM_COMMAND_UNKNOWN_TARGET' },
    });
    expect(await pm.get('/api/v1/logs?since=yesterday')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'since' }] },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('followed: what is kept, then each line, of those that are asked for', async () => {
    const pm = await bootApi({ processes: { a: { command: 'a' }, b: { command: 'b' } } });
    pm.spawner.of('a-1').write('before\n');
    await pm.turn();
    const stream = await pm.stream('/api/v1/processes/a/logs?follow');
    await stream.waitFor('line');
    pm.spawner.of('b-1').write('other\n');
    pm.spawner.of('a-1').write('after\n');
    await pm.turn();
    await until('two lines', () => stream.seen.length === 2);
    expect(stream.seen.map(({ data }) => data.msg)).toEqual(['before', 'after']);
    expect(stream.seen[0]).toMatchObject({
      event: 'line',
      data: { process: 'a', instance: 'a-1', stream: 'stdout', level: 'info' },
    });
    expect(await pm.stop()).toBe(0);
  });

  test('an instance that does not exist yet is followed as soon as it does', async () => {
    const pm = await bootApi({ processes: { a: { command: 'a' } } });
    const stream = await pm.stream('/api/v1/logs?name=a&follow&tail=0');
    await pm.post('/api/v1/processes/a/scale', { desired: 2 });
    await pm.turn();
    pm.spawner.of('a-2').write('here\n');
    await pm.turn();
    expect((await stream.waitFor('line')).data).toMatchObject({ instance: 'a-2', msg: 'here' });
    expect(await pm.stop()).toBe(0);
  });

  test('much that is kept is no reason to end a client that has just come', async () => {
    const pm = await bootApi({ processes: { a: { command: 'a' } } });
    pm.spawner.of('a-1').write(`${'x'.repeat(1000)}\n`.repeat(4000));
    await pm.turn();
    const stream = await pm.stream('/api/v1/logs?name=a&follow&tail=4000');
    await until('all lines', () => stream.seen.length === 4000);
    expect(new Set(kinds(stream))).toEqual(new Set(['line']));
    expect(await pm.stop()).toBe(0);
  });
});

test('a thousand streams are open at the same time, and each is told', async () => {
  const pm = await bootApi();
  const streams = await Promise.all(Array.from({ length: 1000 }, () => pm.stream('/api/v1/events')));
  await Promise.all(streams.map((stream) => stream.waitFor('snapshot')));
  happen(pm);
  await Promise.all(streams.map((stream) => stream.waitFor('orphan.reaped')));
  for (const stream of streams) stream.close();
  expect(await pm.stop()).toBe(0);
}, 30_000);
