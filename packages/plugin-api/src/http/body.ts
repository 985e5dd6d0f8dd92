import { Refused } from '../problem.ts';
import type { Exchange } from './gate.ts';

/** The client has gone in the middle of its request: there is nobody to answer. */
export class Gone extends Error {}

/** Deeper than any configuration; recursion over it is safe everywhere. */
const deepest = 64;

/** All bodies that are being read, together: many at once, each allowed, must not fill the memory. */
const mostReading = 64 * 1024 * 1024;

/** Reads bodies of at most so many bytes. */
export interface BodyReader {
  /** Reads and parses the body of a request; undefined: it has none. Throws Refused, or Gone. */
  read(exchange: Exchange): Promise<unknown>;
}

export function createBodyReader(limit: number): BodyReader {
  const budget: Budget = { limit, reading: 0 };
  return { read: (exchange) => readJson(exchange, budget) };
}

interface Budget {
  /** Bytes of one body. */
  readonly limit: number;
  /** Bytes that are held now, of all. */
  reading: number;
}

async function readJson(exchange: Exchange, budget: Budget): Promise<unknown> {
  const { headers } = exchange.request;
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (hasBody) refuseEncodings(exchange);
  const bytes = hasBody ? await readBytes(exchange, budget) : undefined;
  // All is said. How long the answer takes is its own affair: it may be a wait for a command.
  exchange.connection.unlimit();
  return bytes === undefined || bytes.length === 0 ? undefined : parse(bytes);
}

function refuseEncodings({ request }: Exchange): void {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers;
  if (encoding !== 'identity') {
    throw new Refused('PM_API_MEDIA_TYPE', `the body is encoded as ${encoding}`, {
      hint: 'Send it as it is.',
      closes: true,
    });
  }
  // Also what keeps a page in somebody's browser out: it cannot send JSON to another site without being asked first.
  const essence = type?.split(';')[0]?.trim().toLowerCase();
  if (essence === 'application/json' || essence?.endsWith('+json') === true) return;
  throw new Refused('PM_API_MEDIA_TYPE', type === undefined ? 'the body has no type' : `the body is ${essence}`, {
    hint: 'Send JSON, with the header "content-type: application/json".',
    closes: true,
  });
}

async function readBytes({ request, response, expectsContinue }: Exchange, budget: Budget): Promise<Buffer> {
  const { limit } = budget;
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  if (expectsContinue) response.writeContinue();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // `for await` would destroy the connection when it ends early, and with it the answer.
    await new Promise<void>((resolve, reject) => {
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        budget.reading += chunk.length;
        if (size > limit) return reject(tooLarge(limit));
        if (budget.reading > mostReading) return reject(tooMuch());
        chunks.push(chunk);
      });
      request.once('end', resolve);
      request.once('close', () => reject(new Gone()));
      request.once('error', () => reject(new Gone()));
    });
    return Buffer.concat(chunks);
  } finally {
    request.removeAllListeners('data');
    budget.reading -= size;
  }
}

function tooMuch(): Refused {
  return new Refused('PM_API_RATE_LIMITED', 'too many large bodies at once', {
    headers: { 'retry-after': '1' },
    closes: true,
  });
}

function tooLarge(limit: number): Refused {
  return new Refused('PM_API_TOO_LARGE', `the body is larger than ${limit} bytes`, {
    hint: 'Raise max_request_body of the plugin api, or send less.',
    closes: true,
  });
}

function parse(bytes: Buffer): unknown {
  const value = parseJson(bytes);
  if (!isShallow(value, deepest))
    throw new Refused('PM_API_MALFORMED', `the body is nested deeper than ${deepest} levels`);
  return value;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new Refused('PM_API_MALFORMED', `the body is no JSON: ${reason}`);
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
