import { DisconnectedError, UnreachableError, type StreamOptions } from '@pm-supervisor/client';
import { exitCodes } from '../exit-codes.ts';
import { createOutlet } from './outlet.ts';
import type { ControlCall } from './verb.ts';

/**
 * Writes texts as they come, until the supervisor stops or nobody reads any more; both are a good end. `undefined` is
 * left out.
 */
export async function writeAll(texts: AsyncIterable<string | undefined>, { context }: ControlCall): Promise<number> {
  const outlet = createOutlet(context.stdout);
  let begun = false;
  try {
    for await (const text of texts) {
      begun = true;
      if (text !== undefined && !(await outlet.send(`${text}\n`))) break;
    }
  } catch (error) {
    const hasEnded =
      error instanceof DisconnectedError ? error.reason === 'closing' : begun && error instanceof UnreachableError;
    if (!hasEnded) throw error;
  }
  return exitCodes.ok;
}

/** When the supervisor ends, so does what shows it. Only a reader that was too slow for it goes on where it was. */
export function toStreamOptions({ context }: ControlCall): StreamOptions {
  return {
    reconnect: { initialMs: 1, when: (error) => error instanceof DisconnectedError && error.reason === 'slow' },
    onConnection: ({ state }) => {
      if (state === 'lost')
        context.stderr.write('pm: this was not read fast enough; what is no longer kept is missing here\n');
    },
  };
}

/** Each item made into a text. */
export async function* mapEach<T, R>(items: AsyncIterable<T>, toResult: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield toResult(item);
}
