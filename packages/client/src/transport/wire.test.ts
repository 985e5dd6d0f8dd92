import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../../../tools/test-packages.ts';
import { toEndpoint } from '../endpoint.ts';
import { ApiError, DisconnectedError, ProtocolError, TimeoutError, UnreachableError } from '../errors.ts';
import { readBody, sendJson, sendProblem, startServer, type TestServer } from '../testing/test-server.ts';
import { readReply } from './reply.ts';
import { createWire, type Wire, type WireOptions, type WireRequest } from './wire.ts';

function useWire(socket: string, options: Partial<WireOptions> = {}): Wire {
  const wire = createWire({ endpoint: toEndpoint({ socket }), ...options });
  onTestFinished(() => wire.close());
  return wire;
}

function get(path = '/', more: Partial<WireRequest> = {}): WireRequest {
  return { method: 'GET', path, timeoutMs: 5000, ...more };
}

function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-wire-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A server that does with a connection whatever it wants. */
async function useRawServer(onConnection: (socket: import('node:net').Socket) => void): Promise<string> {
  const path = join(useFolder(), 'raw.sock');
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
    onTestFinished(() => void socket.destroy());
  }).listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return path;
}

test('an exchange sends method, path, token and JSON, and brings the answer', async () => {
  const { socket } = await startServer(async (request, response) => {
    const { method, url, headers } = request;
    sendJson(response, {
      method,
      url,
      token: headers.authorization,
      type: headers['content-type'],
      body: JSON.parse(await readBody(request)),
    });
  });
  const answer = await useWire(socket, { token: 't' }).exchange({
    ...get('/a?b=c'),
    method: 'PUT',
    body: { ä: ['€'] },
  });
  expect(readReply(answer)).toEqual({
    method: 'PUT',
    url: '/a?b=c',
    token: 'Bearer t',
    type: 'application/json',
    body: { ä: ['€'] },
  });
});

test('a refusal is an ApiError with its code', async () => {
  const { socket } = await startServer((_, response) =>
    sendProblem(response, { status: 409, title: 'Refused', code: 'PM_COMMAND_REFUSED' }),
  );
  const answer = await useWire(socket).exchange(get());
  expect(() => readReply(answer)).toThrow(ApiError);
  expect(() => readReply(answer)).toThrow(
    expect.objectContaining({ status: 409, code: 'PM_COMMAND_REFUSED' }) as Error,
  );
});

test.each<[string, (response: import('node:http').ServerResponse) => void, string]>([
  [
    'no JSON',
    (response) => response.setHeader('content-type', 'text/html').end('<html>'),
    'the answer is text/html, not JSON',
  ],
  ['no type', (response) => response.end('{}'), 'the answer is of no type, not JSON'],
  [
    'broken JSON',
    (response) => response.setHeader('content-type', 'application/json').end('{'),
    'the answer is not JSON, though it says so',
  ],
  [
    'a redirect',
    (response) => response.writeHead(301, { location: '/x' }).end(),
    'unexpected answer 301 Moved Permanently',
  ],
])('an answer that is not of pm is a ProtocolError: %s', async (_, respond, message) => {
  const { socket } = await startServer((_request, response) => respond(response));
  const answer = await useWire(socket).exchange(get());
  expect(() => readReply(answer)).toThrow(ProtocolError);
  expect(() => readReply(answer)).toThrow(message);
});

test('204 is no value', async () => {
  const { socket } = await startServer((_, response) => void response.writeHead(204).end());
  expect(readReply(await useWire(socket).exchange(get()))).toBeUndefined();
});

test('questions share a connection, commands have one of their own', async () => {
  const server = await startServer((_, response) => sendJson(response, {}));
  const wire = useWire(server.socket);
  for (let asked = 0; asked < 5; asked += 1) await wire.exchange(get());
  expect(server.connections).toBe(1);
  for (let sent = 0; sent < 3; sent += 1) await wire.exchange({ ...get(), method: 'POST' });
  expect(server.connections).toBe(4);
});

test('a question on a connection that was closed meanwhile is asked again; a command never is', async () => {
  let served = 0;
  const path = await useRawServer((connection) => {
    connection.on('data', () => {
      served += 1;
      // The second request on a connection finds it closed, without an answer.
      if (served === 2) connection.destroy();
      else connection.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
    });
  });
  const wire = useWire(path);
  await wire.exchange(get());
  expect(readReply(await wire.exchange(get()))).toEqual({});
  expect(served).toBe(3);
  served = 1;
  await expect(wire.exchange({ ...get(), method: 'POST' })).rejects.toThrow(DisconnectedError);
  expect(served).toBe(2);
});

test.each([
  ['no socket', (folder: string) => join(folder, 'none.sock'), 'there is no such socket'],
  [
    'a file',
    (folder: string) => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file');
    },
    'the socket is left over',
  ],
  ['a folder', (folder: string) => folder, 'the socket is left over'],
  ['a path that is too long', (folder: string) => join(folder, 'x'.repeat(200)), 'the path is too long for a socket'],
])('nobody there is an UnreachableError with a reason: %s', async (_, toPath, why) => {
  const path = toPath(useFolder());
  const failure = useWire(path).exchange(get());
  await expect(failure).rejects.toThrow(UnreachableError);
  await expect(failure).rejects.toThrow(
    expect.objectContaining({ endpoint: path, message: expect.stringContaining(why) as string }) as Error,
  );
});

test('a port nobody listens on', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const wire = createWire({ endpoint: toEndpoint({ url: `http://127.0.0.1:${port}` }) });
  await expect(wire.exchange(get())).rejects.toThrow(
    `no supervisor answers at http://127.0.0.1:${port}: nothing listens there`,
  );
});

test('https towards a port that speaks http is told as such', async () => {
  const server = createServer((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const wire = createWire({
    endpoint: toEndpoint({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  });
  await expect(wire.exchange(get())).rejects.toThrow('it does not speak TLS');
});

/** A certificate for loopback that nobody signed but itself. */
function makeCertificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = useFolder();
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
  execFileSync(
    findProgram('openssl'),
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=pm',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      ...files,
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(join(folder, 'key')), cert: readFileSync(join(folder, 'cert')) };
}

test('TLS: a server is believed where its authority is known, and a client may have to show who it is', async () => {
  const { key, cert } = makeCertificate();
  const server = createSecureServer(
    { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
    (request, response) => sendJson(response, { url: request.url }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = toEndpoint({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/proxy` });
  const ask = (tls?: WireOptions['tls']): Promise<unknown> => {
    const wire = createWire({ endpoint, ...(tls === undefined ? {} : { tls }) });
    onTestFinished(() => wire.close());
    return wire.exchange(get('/x')).then(readReply);
  };
  await expect(ask({ ca: cert, key, cert })).resolves.toEqual({ url: '/proxy/x' });
  await expect(ask()).rejects.toThrow('its certificate is not signed by anybody known');
  await expect(ask({ ca: cert })).rejects.toThrow();
});

test('an answer that is no HTTP', async () => {
  const path = await useRawServer((connection) => void connection.end('220 mail.example ESMTP\r\n'));
  await expect(useWire(path).exchange(get())).rejects.toThrow(`what answers at ${path} does not speak HTTP`);
});

test.each([
  ['before the answer', '', 'broke before the answer was there'],
  [
    'in the middle of the answer',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"',
    'broke in the middle of an answer',
  ],
])('a connection that breaks %s', async (_, bytes, message) => {
  const path = await useRawServer((connection) => connection.once('data', () => connection.end(bytes)));
  const failure = useWire(path).exchange(get());
  await expect(failure).rejects.toThrow(DisconnectedError);
  await expect(failure).rejects.toThrow(message);
});

test.each([
  ['that never comes', ''],
  ['that never ends', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"'],
])('an answer %s runs into the time limit, and the connection is given up', async (_, bytes) => {
  const closed = Promise.withResolvers<void>();
  const path = await useRawServer((connection) => {
    connection.once('data', () => connection.write(bytes));
    connection.once('close', () => closed.resolve());
  });
  const failure = useWire(path).exchange(get('/api/v1/status?x=secret', { timeoutMs: 30 }));
  await expect(failure).rejects.toThrow(TimeoutError);
  await expect(failure).rejects.toThrow(`no answer from ${path} within 0.03 s (GET /api/v1/status)`);
  await closed.promise;
});

test.each([
  ['before it begins', 0],
  ['while it waits', 1],
  ['while it is read', 2],
])('a signal ends an exchange %s, with its reason', async (_, moment) => {
  const reason = new Error('enough');
  const controller = new AbortController();
  if (moment === 0) controller.abort(reason);
  const server: TestServer = await startServer((_request, response) => {
    if (moment === 2) response.write('{');
    if (moment !== 0) controller.abort(reason);
  });
  const wire = useWire(server.socket);
  await expect(wire.exchange(get('/', { signal: controller.signal }))).rejects.toBe(reason);
  await expect.poll(() => server.open()).toBe(0);
});
