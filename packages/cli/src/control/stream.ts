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

/** Tries to reach an API that is set up anew: together about two seconds. */
const mostTries = 12;

/**
 * When the supervisor ends, so does what shows it. Who was too slow goes on where it was, and so does everybody where the
 * API is set up anew.
 */
export function toStreamOptions({ context }: Pick<ControlCall, 'context'>): StreamOptions {
  let tries = 0;
  return {
    reconnect: {
      initialMs: 1,
      maxMs: 250,
      when(error) {
        if (error instanceof DisconnectedError && (error.reason === 'slow' || error.reason === 'renewed')) {
          tries = mostTries;
          return true;
        }
        tries -= 1;
        return error instanceof UnreachableError && tries >= 0;
      },
    },
    onConnection(change) {
      if (change.state === 'connected') tries = 0;
      else if (change.error instanceof DisconnectedError && change.error.reason === 'slow')
        context.stderr.write('pm: this was not read fast enough; what is no longer kept is missing here\n');
    },
  };
}

/** Each item made into a text. */
export async function* mapEach<T, R>(items: AsyncIterable<T>, toResult: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield toResult(item);
}
