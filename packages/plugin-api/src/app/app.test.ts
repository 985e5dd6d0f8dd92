import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bootApi, type RawConnection } from '../testing/api-bench.ts';

/** Resolves when the answer has come, or rejects. */
async function untilAnswered({ text, closed }: RawConnection, pattern: RegExp): Promise<string> {
  const end = Date.now() + 5000;
  while (!pattern.test(text())) {
    if (Date.now() > end) throw new Error(`no ${pattern} within 5 s: ${text()}`);
    await Promise.race([sleep(5), closed]);
  }
  return text();
}

describe('what is asked for', () => {
  test('a path that does not exist is a 404, a method that it has not is a 405 that says which it has', async () => {
    const pm = await bootApi();
    expect(await pm.get('/nothing')).toMatchObject({ status: 404, body: { code: 'PM_API_NOT_FOUND' } });
    const reply = await pm.request('DELETE', '/api/v1/status');
    expect(reply).toMatchObject({ status: 405, body: { code: 'PM_API_METHOD' }, headers: { allow: 'GET, HEAD' } });
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(await pm.stop()).toBe(0);
  });

  test('HEAD answers as GET would, without the body', async () => {
    const pm = await bootApi();
    const reply = await pm.request('HEAD', '/livez');
    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(Number(reply.headers['content-length'])).toBeGreaterThan(0);
    expect(await pm.stop()).toBe(0);
  });

  test('names may hold anything, if they are encoded', async () => {
    const pm = await bootApi();
    expect(await pm.get('/api/v1/processes/%77eb')).toMatchObject({ status: 200, body: { name: 'web' } });
    expect(await pm.get('/api/v1/processes/%2e%2e%2fweb')).toMatchObject({
      status: 404,
      body: { code: 'PM_COMMAND_UNKNOWN_TARGET' },
    });
    expect(await pm.get('/api/v1/processes/%zz')).toMatchObject({ status: 400, body: { code: 'PM_API_MALFORMED' } });
    expect(await pm.get('/api/v1/processes/a%00b')).toMatchObject({ status: 400, body: { code: 'PM_API_INVALID' } });
    expect(await pm.get('/api/v1/processes/constructor')).toMatchObject({ status: 404 });
    expect(await pm.stop()).toBe(0);
  });

  test('the absolute form that proxies send is understood', async () => {
    const pm = await bootApi();
    expect(await pm.get('http://pm/api/v1/whoami')).toMatchObject({ status: 200, body: { caller: 'api:socket' } });
    expect(await pm.request('OPTIONS', '*')).toMatchObject({ status: 400 });
    expect(await pm.stop()).toBe(0);
  });

  test.for([
    ['?usage=perhaps', 'usage expected true or false, got "perhaps"'],
    ['?nothing=1', 'nothing is not known here; known are name, label, usage'],
    ['?usage=1&usage=0', 'usage is given twice'],
    ['?label=x', 'label has not the form'],
  ] as const)('a parameter that is wrong is told: %s', async ([query, message]) => {
    const pm = await bootApi();
    const reply = await pm.get(`/api/v1/processes${query}`);
    expect(reply).toMatchObject({ status: 400, body: { code: 'PM_API_INVALID' } });
    expect(reply.body.detail).toContain(message);
    expect(await pm.stop()).toBe(0);
  });
});

describe('bodies', () => {
  test.for([
    ['{"desired":', 400, 'PM_API_MALFORMED'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'PM_API_MALFORMED'],
    ['['.repeat(100_000), 400, 'PM_API_MALFORMED'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 400, 'PM_API_MALFORMED'],
    ['"text"', 400, 'PM_API_INVALID'],
    ['{}', 400, 'PM_API_INVALID'],
    ['', 400, 'PM_API_INVALID'],
    ['{"desired": 101}', 422, 'PM_COMMAND_INVALID'],
  ] as const)('%s is refused with %i', async ([body, status, code]) => {
    const pm = await bootApi();
    const reply = await pm.request('POST', '/api/v1/processes/web/scale', { body });
    expect(reply).toMatchObject({ status, body: { code, status, type: `urn:pm:${code}` } });
    expect(await pm.stop()).toBe(0);
  });

  test('one that is not JSON by its type is a 415; what is encoded too', async () => {
    const pm = await bootApi();
    const asForm = await pm.post('/api/v1/processes/web/scale', 'desired=2', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(asForm).toMatchObject({ status: 415, body: { code: 'PM_API_MEDIA_TYPE' } });
    const encoded = await pm.post('/api/v1/processes/web/scale', 'x', { headers: { 'content-encoding': 'gzip' } });
    expect(encoded).toMatchObject({ status: 415 });
    const typed = await pm.post(
      '/api/v1/processes/web/scale',
      { desired: 1 },
      { headers: { 'content-type': 'application/merge-patch+json; charset=utf-8' } },
    );
    expect(typed).toMatchObject({ status: 200 });
    expect(await pm.stop()).toBe(0);
  });

  test('where none is taken, one is refused, but for an empty object', async () => {
    const pm = await bootApi();
    expect(await pm.post('/api/v1/processes/web/stop', { now: true })).toMatchObject({ status: 400 });
    expect(await pm.post('/api/v1/processes/web/start', {})).toMatchObject({ status: 200 });
    expect(await pm.stop()).toBe(0);
  });

  test('one that is too large is a 413, whether it says so or not, and the client gets to read it', async () => {
    const pm = await bootApi({ options: { max_request_body: '1KB' } });
    expect(await pm.post('/api/v1/processes/web/scale', 'x'.repeat(2000))).toMatchObject({
      status: 413,
      body: { code: 'PM_API_TOO_LARGE' },
    });
    const raw = await pm.connect();
    raw.socket.write(
      'POST /api/v1/processes/web/scale HTTP/1.1\r\nhost: pm\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (let chunk = 0; chunk < 20; chunk += 1) raw.socket.write(`100\r\n${'x'.repeat(256)}\r\n`);
    expect(await untilAnswered(raw, /\r\n\r\n\{.*\}/s)).toContain('HTTP/1.1 413');
    expect(await pm.stop()).toBe(0);
  });

  test('a client that asks first is told before it sends 100 MB', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write(
      'PUT /api/v1/processes/x HTTP/1.1\r\nhost: pm\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\nexpect: 100-continue\r\n\r\n',
    );
    const answer = await untilAnswered(raw, /\r\n\r\n\{.*\}/s);
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    const small = await pm.connect();
    small.socket.write(
      'POST /api/v1/processes/web/scale HTTP/1.1\r\nhost: pm\r\ncontent-type: application/json\r\ncontent-length: 13\r\nexpect: 100-continue\r\n\r\n',
    );
    await untilAnswered(small, /100 Continue/);
    small.socket.write('{"desired":1}');
    expect(await untilAnswered(small, /200 OK/)).toContain('succeeded');
    expect(await pm.request('GET', '/livez', { headers: { expect: 'coffee' } })).toMatchObject({ status: 417 });
    expect(await pm.stop()).toBe(0);
  });
});

test('bodies that are read at the same time are limited together', async () => {
  const pm = await bootApi({ options: { max_request_body: '40MB' } });
  const head =
    'PUT /api/v1/processes/x HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 39000000\r\n\r\n';
  const [one, two] = [await pm.connect(), await pm.connect()];
  for (const raw of [one, two]) raw.socket.write(head);
  const part = Buffer.alloc(36_000_000, 0x20);
  await new Promise((resolve) => one.socket.write(part, resolve));
  two.socket.write(part);
  expect(await untilAnswered(two, /\r\n\r\n\{.*\}/s)).toMatch(/^HTTP\/1\.1 429 .*too many large bodies at once/s);
  one.socket.destroy();
  two.socket.destroy();
  expect((await pm.get('/livez')).status).toBe(200);
  expect(await pm.stop()).toBe(0);
});

describe('connections', () => {
  test('what is no HTTP is a 400 and the end of the connection', async () => {
    const pm = await bootApi();
    for (const text of [
      'hello\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /livez HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00',
    ]) {
      const raw = await pm.connect();
      raw.socket.write(text);
      await raw.closed;
      expect(raw.text()).toMatch(/^HTTP\/1\.1 400 .*PM_API_MALFORMED/s);
    }
    expect(await pm.stop()).toBe(0);
  });

  test('a head that is too large is a 431', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write(`GET /livez HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    await raw.closed;
    expect(raw.text()).toMatch(/^HTTP\/1\.1 431 /);
    expect(await pm.stop()).toBe(0);
  });

  test('HTTP/1.1 without a host is a 400; HTTP/1.0 needs none', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write('GET /livez HTTP/1.1\r\n\r\n');
    expect(await untilAnswered(raw, /\}/)).toMatch(/^HTTP\/1\.1 400/);
    const old = await pm.connect();
    old.socket.write('GET /livez HTTP/1.0\r\n\r\n');
    await old.closed;
    expect(old.text()).toMatch(/^HTTP\/1\.1 200/);
    expect(await pm.stop()).toBe(0);
  });

  test('who has said everything and closes its half still gets the answer', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.end('POST /api/v1/processes/web/restart?wait=10s HTTP/1.1\r\nhost: a\r\n\r\n');
    const answered = untilAnswered(raw, /"state":"succeeded"/);
    for (let round = 0; round < 100 && !/succeeded/.test(raw.text()); round += 1) {
      await pm.turn(100);
      await sleep(1);
    }
    await answered;
    await raw.closed;
    expect(await pm.stop()).toBe(0);
  });

  test('two requests on one connection are answered in order', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write(
      'GET /livez HTTP/1.1\r\nhost: a\r\n\r\nGET /api/v1/whoami HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    );
    await raw.closed;
    expect(raw.text()).toMatch(/"status":"ok".*"caller":"api:socket"/s);
    expect(await pm.stop()).toBe(0);
  });

  test('a head that comes byte by byte is given up after a time, with a 408', async () => {
    const pm = await bootApi();
    const silent = await pm.connect();
    const slow = await pm.connect();
    slow.socket.write('GET /livez HT');
    await pm.get('/livez');
    await pm.turn(24_000);
    slow.socket.write('T');
    await pm.get('/livez');
    expect([slow.socket.closed, silent.socket.closed]).toEqual([false, false]);
    await pm.turn(2_000);
    await Promise.all([slow.closed, silent.closed]);
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408/);
    expect(silent.text()).toBe('');
    expect(await pm.stop()).toBe(0);
  });

  test('a body that does not come is a 408', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write(
      'PUT /api/v1/processes/x HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
    );
    await pm.get('/livez');
    await pm.turn(61_000);
    await raw.closed;
    expect(raw.text()).toMatch(/^HTTP\/1\.1 408.*PM_API_TIMEOUT/s);
    expect(await pm.stop()).toBe(0);
  });

  test('a client that goes in the middle of its body disturbs nobody', async () => {
    const pm = await bootApi();
    const raw = await pm.connect();
    raw.socket.write(
      'PUT /api/v1/processes/x HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
    );
    await pm.get('/livez');
    raw.socket.destroy();
    expect(await pm.get('/livez')).toMatchObject({ status: 200 });
    expect(pm.eventsOf('plugin.failed')).toEqual([]);
    expect(await pm.stop()).toBe(0);
  });
});
