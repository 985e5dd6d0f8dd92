import { Agent, request, type RequestOptions } from 'node:http';
import type { Inquiry } from './supervisor.ts';

export interface HttpQuestion extends Pick<RequestOptions, 'socketPath' | 'path' | 'method' | 'headers'> {
  readonly body?: string;
}

/** Who is not answered for so long measures nothing. */
const longestMs = 30_000;

/** A question over HTTP. `count` reads an answer, when that is wanted and not while it is timed. */
export async function openHttp(question: HttpQuestion, count: (answer: string) => number): Promise<Inquiry> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let chunks: readonly Buffer[] = [];
  return {
    async ask() {
      chunks = await exchange(question, agent);
    },
    count: () => count(Buffer.concat(chunks).toString()),
    close: () => agent.destroy(),
  };
}

function exchange({ body, ...options }: HttpQuestion, agent: Agent): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(chunks)
          : reject(new Error(`${options.path}: ${response.statusCode} ${Buffer.concat(chunks).toString()}`)),
      );
    });
    asked.on('error', reject);
    asked.setTimeout(longestMs, () => asked.destroy(new Error(`${options.path}: no answer within ${longestMs} ms`)));
    asked.end(body);
  });
}
