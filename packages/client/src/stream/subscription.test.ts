import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { toEndpoint } from '../endpoint.ts';
import { ApiError, DisconnectedError, UnreachableError } from '../errors.ts';
import { beginStream, sendMessage, sendProblem, startServer, type TestServer } from '../testing/test-server.ts';
import { createWire } from '../transport/wire.ts';
import { subscribe, type ConnectionState, type StreamOptions } from './subscription.ts';

const quick = { initialMs: 1, maxMs: 2 } as const;

/** Each connection is answered by the next of these; what the last does holds for all that follow. */
function useServer(...answers: ((response: ServerResponse) => void)[]): Promise<TestServer> {
  let connection = 0;
  return startServer((_, response) => answers[Math.min(connection++, answers.length - 1)]?.(response));
}

function useStream(
  socket: string,
  options: StreamOptions = {},
): AsyncGenerator<{ data: string; id: string | undefined }> {
  const wire = createWire({ endpoint: toEndpoint({ socket }) });
  onTestFinished(() => wire.close());
  return subscribe(wire, (lastId) => ({ path: lastId === undefined ? '/s' : `/s?since=${lastId}` }), {
    reconnect: quick,
    ...options,
  });
}

const begin = (response: ServerResponse): void => beginStream(response);
const sendThenBreak =
  (...ids: number[]) =>
  (response: ServerResponse): void => {
    begin(response);
    for (const id of ids) sendMessage(response, { id, data: id });
    response.socket?.destroySoon();
  };
const sendThenStay =
  (...ids: number[]) =>
  (response: ServerResponse): void => {
    begin(response);
    for (const id of ids) sendMessage(response, { id, data: id });
  };

test('a stream that breaks is taken up again after the last id', async () => {
  const server = await useServer(sendThenStay(1, 2), sendThenBreak(3), sendThenStay(4));
  const states: ConnectionState[] = [];
  const seen: string[] = [];
  for await (const { data } of useStream(server.socket, { onConnection: (state) => states.push(state), idleMs: 40 })) {
    seen.push(data);
    if (data === '4') break;
  }
  expect(seen).toEqual(['1', '2', '3', '4']);
  expect(server.requests).toEqual(['GET /s', 'GET /s?since=2', 'GET /s?since=3']);
  expect(states.map(({ state }) => state)).toEqual(['connected', 'lost', 'connected', 'lost', 'connected']);
});

test('leaving the loop closes the connection', async () => {
  const server = await useServer(sendThenStay(1));
  for await (const { data } of useStream(server.socket)) {
    expect(data).toBe('1');
    break;
  }
  await expect.poll(() => server.open()).toBe(0);
});

test('a signal ends a stream with its reason: while it waits for a message', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const server = await useServer(begin);
  const next = useStream(server.socket, {
    signal: controller.signal,
    onConnection: () => controller.abort(reason),
  }).next();
  await expect(next).rejects.toBe(reason);
  await expect.poll(() => server.open()).toBe(0);
});

test('a signal ends a stream with its reason: while it waits to connect again', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const server = await useServer(sendThenBreak());
  const onConnection = ({ state }: ConnectionState): void => {
    if (state === 'lost') controller.abort(reason);
  };
  const stream = useStream(server.socket, {
    signal: controller.signal,
    reconnect: { initialMs: 60_000, maxMs: 60_000 },
    onConnection,
  });
  await expect(stream.next()).rejects.toBe(reason);
});

test('the first connection must stand', async () => {
  const refusing = await useServer((response) => sendProblem(response, { status: 503, title: 'Not now' }));
  await expect(useStream(refusing.socket).next()).rejects.toThrow(ApiError);
  await expect(useStream(`${refusing.socket}.none`).next()).rejects.toThrow(UnreachableError);
  expect(refusing.requests).toHaveLength(1);
});

test('later a refusal ends the stream, an overload does not', async () => {
  const server = await useServer(
    sendThenBreak(1),
    (response) => sendProblem(response, { status: 429, title: 'Slower' }),
    (response) => sendProblem(response, { status: 503, title: 'Not now' }),
    (response) => sendProblem(response, { status: 403, title: 'No more' }),
  );
  const stream = useStream(server.socket);
  await expect(stream.next()).resolves.toMatchObject({ value: { data: '1' } });
  await expect(stream.next()).rejects.toThrow('No more');
  expect(server.requests).toHaveLength(4);
});

test('without reconnect a loss is thrown', async () => {
  const server = await useServer(sendThenBreak(1));
  const stream = useStream(server.socket, { reconnect: false });
  await stream.next();
  await expect(stream.next()).rejects.toThrow(DisconnectedError);
  expect(server.requests).toHaveLength(1);
});

test('only the losses that are worth it are repaired', async () => {
  const end =
    (reason: string) =>
    (response: ServerResponse): void => {
      begin(response);
      sendMessage(response, { event: 'end', data: { reason, detail: reason } });
      response.end();
    };
  const server = await useServer(end('slow'), end('closing'));
  const when = (error: Error): boolean => error instanceof DisconnectedError && error.reason === 'slow';
  await expect(useStream(server.socket, { reconnect: { ...quick, when } }).next()).rejects.toThrow('closing');
  expect(server.requests).toHaveLength(2);
});

test('tries in a row are counted from the last message on', async () => {
  const server = await useServer(sendThenBreak(1), sendThenBreak(), sendThenBreak(2), sendThenBreak());
  const states: ConnectionState[] = [];
  const stream = useStream(server.socket, {
    reconnect: { ...quick, attempts: 2 },
    onConnection: (state) => states.push(state),
  });
  await stream.next();
  await stream.next();
  await expect(stream.next()).rejects.toThrow(DisconnectedError);
  expect(states.filter(({ state }) => state === 'lost').map((state) => 'attempt' in state && state.attempt)).toEqual([
    1, 2, 1, 2,
  ]);
});

test('what is not a stream is refused', async () => {
  const server = await startServer(
    (_, response) => void response.setHeader('content-type', 'application/json').end('{}'),
  );
  await expect(useStream(server.socket).next()).rejects.toThrow('the answer is application/json, not a stream');
});
