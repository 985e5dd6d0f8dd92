import type { Limit } from '../transport/limit.ts';
import type { OpenAnswer } from '../transport/wire.ts';

/**
 * The bytes of a stream whose other side shows that it is there: `limit` aborts after `idleMs` of silence. A reader that
 * takes its time is no silence. However it leaves, the connection goes with it.
 */
export async function* readAwake(
  { chunks, close }: Pick<OpenAnswer, 'chunks' | 'close'>,
  limit: Limit,
  idleMs = 45_000,
): AsyncGenerator<Buffer> {
  try {
    limit.restart(idleMs);
    for await (const chunk of chunks) {
      limit.pause();
      yield chunk;
      limit.restart(idleMs);
    }
  } finally {
    close();
  }
}
