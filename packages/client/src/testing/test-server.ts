import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface TestServer {
  /** Path of its socket. */
  readonly socket: string;
  /** `METHOD /path` of every request so far. */
  readonly requests: readonly string[];
  /** How many connections were made. */
  readonly connections: number;
  /** Connections that are open now. */
  open(): Promise<number>;
}

/** An HTTP server on a socket of its own, gone when the test ends; `answer` is called for every request. */
export async function startServer(answer: Handler): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-client-'));
  const socket = join(folder, 'pm.sock');
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void answer(request, response);
  });
  server.on('connection', () => (connections += 1));
  server.listen(socket);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  });
  return {
    socket,
    requests,
    get connections() {
      return connections;
    },
    open: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Answers with a problem (RFC 9457). */
export function sendProblem(
  response: ServerResponse,
  problem: { readonly status: number } & Record<string, unknown>,
): void {
  response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}

/** Begins a stream; write messages with `sendMessage`. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
}

export function sendMessage(
  response: ServerResponse,
  message: { readonly event?: string; readonly id?: number; readonly data: unknown },
): void {
  const { event, id, data } = message;
  response.write(
    `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`,
  );
}

/** The whole body of a request, as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
