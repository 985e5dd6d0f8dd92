import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@pm-supervisor/core';
import type { Origin } from '../listen/doors.ts';
import type { ProblemCodeName } from '../routes/problem-codes.ts';
import { Refused, toProblem } from '../problem.ts';
import { sendProblem } from './answer.ts';
import { loadHttp } from './builtin.ts';
import { type Connection, createConnection, headMs } from './connection.ts';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

export interface GateOptions {
  readonly clock: Clock;
  /** Never rejects. */
  readonly handle: (exchange: Exchange) => Promise<void>;
}

/** HTTP for connections that somebody else accepts. */
export interface Gate {
  serve(socket: Socket, origin: Origin): void;
  /** Ends what waits for a request; answers that are under way are finished. */
  close(): void;
  /** Bytes of answers that clients have not taken yet. */
  unsentBytes(): number;
}

/** Time for the whole body of a request. */
const bodyMs = 60_000;
/** What is being answered when the server closes may take this long. */
const lastMs = 120_000;
/** Between two requests of one connection. Node's own timer, at work only while the connection waits. */
const idleMs = 15_000;

/** Loads HTTP; called at the first connection. */
export function createGate({ clock, handle }: GateOptions): Gate {
  const connections = new Map<Socket, Connection>();
  let closing = false;
  const server = loadHttp().createServer({
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: idleMs,
    // Both are checked by `handle`, and answered as problems.
    requireHostHeader: false,
    insecureHTTPParser: false,
  });
  server.maxHeadersCount = 100;
  // `printf … | nc -N`: who has said everything may still wait for the answer.
  Object.assign(server, { httpAllowHalfOpen: true });

  const take = (request: IncomingMessage, response: ServerResponse, expectsContinue = false): void => {
    const connection = connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    const exchange = { request, response, connection, expectsContinue };
    connection.busy = true;
    connection.limit(bodyMs, () => void sendProblem(exchange, tooSlow()));
    response.once('close', () => {
      connection.busy = false;
      if (closing) connection.socket.destroySoon();
      else connection.limit(headMs);
    });
    if (closing) response.setHeader('connection', 'close');
    void handle(exchange);
  };
  server.on('request', take);
  server.on('checkContinue', (request, response) => take(request, response, true));
  server.on('checkExpectation', (request, response) => take(request, response));
  server.on('clientError', (error, socket) => {
    // In the middle of an answer nothing else can be said.
    if (connections.get(socket as Socket)?.busy !== false) socket.destroy();
    else answerClientError(error, socket as Socket);
  });

  return {
    serve(socket, origin) {
      const connection = createConnection(socket, origin, clock);
      connections.set(socket, connection);
      socket.once('close', () => connections.delete(socket));
      server.emit('connection', socket);
    },
    close() {
      closing = true;
      for (const { busy, socket } of connections.values()) {
        if (!busy) socket.destroySoon();
        // The clock of a plugin ends with it, and with it the limits.
        else socket.setTimeout(lastMs, () => socket.destroy());
      }
    },
    unsentBytes() {
      let bytes = 0;
      for (const socket of connections.keys()) bytes += socket.writableLength;
      return bytes;
    },
  };
}

function tooSlow(): Refused {
  return new Refused('PM_API_TIMEOUT', `the body did not arrive within ${bodyMs / 1000} s`, { closes: true });
}

const clientErrors: Readonly<Record<string, readonly [ProblemCodeName, string]>> = {
  HPE_HEADER_OVERFLOW: ['PM_API_HEADERS', 'the head of the request is longer than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['PM_API_TOO_LARGE', 'the extensions of a chunk are too long'],
};

/** What is no HTTP never becomes a request: answered by hand, once, and the connection is over. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, detail] = clientErrors[error.code ?? ''] ?? ['PM_API_MALFORMED', 'this is no request of HTTP/1.1'];
  const problem = toProblem(new Refused(code, detail));
  const body = JSON.stringify(problem);
  const head = `HTTP/1.1 ${problem.status} ${loadHttp().STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  socket.end(head + body, () => socket.destroySoon());
}
