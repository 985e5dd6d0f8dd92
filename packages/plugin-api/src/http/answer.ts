import { type RefusalDetails, Refused, toProblem } from '../problem.ts';
import type { Connection } from './connection.ts';
import type { Exchange } from './gate.ts';

/** An answer that is no stream. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is said of every answer: nobody keeps it, and nobody guesses what it is. */
const commonHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** Time for a client to take an answer. */
const takeMs = 120_000;

export function sendAnswer({ response, connection }: Exchange, { status, body, headers = {} }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  connection.limit(takeMs);
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    ...commonHeaders,
    'content-type': 'application/json',
    ...headers,
    'content-length': bytes.length,
  });
  response.end(bytes);
}

/** Time to read and drop what a client still sends after it was refused: it would not see the answer otherwise. */
const lingerMs = 1000;

/** Answers with a problem; returns its code. */
export function sendProblem(exchange: Exchange, error: unknown): string {
  const { request, connection } = exchange;
  const problem = toProblem(error);
  const details: RefusalDetails = error instanceof Refused ? error.details : {};
  const isWhole = request.complete;
  sendAnswer(exchange, {
    status: problem.status,
    body: problem,
    headers: {
      'content-type': 'application/problem+json',
      ...details.headers,
      ...(details.closes === true || !isWhole ? { connection: 'close' } : {}),
    },
  });
  if (!isWhole) linger(request, connection);
  return problem.code;
}

function linger(request: Exchange['request'], connection: Connection): void {
  connection.limit(lingerMs);
  request.on('error', () => undefined);
  request.resume();
}
