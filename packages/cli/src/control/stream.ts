import { DisconnectedError } from '@pm-supervisor/client';
import { exitCodes } from '../exit-codes.ts';
import { createOutlet } from './outlet.ts';
import type { ControlCall } from './verb.ts';

/**
 * Writes texts as they come, until the supervisor stops or nobody reads any more; both are a good end. `undefined` is
 * left out.
 */
export async function writeAll(texts: AsyncIterable<string | undefined>, { context }: ControlCall): Promise<number> {
  const outlet = createOutlet(context.stdout);
  try {
    for await (const text of texts) {
      if (text !== undefined && !(await outlet.send(`${text}\n`))) break;
    }
  } catch (error) {
    if (!(error instanceof DisconnectedError) || error.reason !== 'closing') throw error;
  }
  return exitCodes.ok;
}

/** Each item made into a text. */
export async function* mapEach<T, R>(items: AsyncIterable<T>, toResult: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield toResult(item);
}
