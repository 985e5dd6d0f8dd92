import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './records.ts';
import type { Inquiry } from './supervisors/supervisor.ts';

export interface Questions {
  readonly times: number;
  /** One is due every so often; 0: as soon as the one before is answered. */
  readonly everyMs: number;
}

/**
 * How long each answer took, in ms. A question that comes late because the one before was not answered yet counts from
 * when it was due: who asks only the next one after an answer does not see how many would have waited.
 */
export async function timeAnswers({ ask }: Inquiry, { times, everyMs }: Questions): Promise<number[]> {
  const figures: number[] = [];
  const begun = nowMs();
  for (let index = 0; index < times; index++) {
    const due = begun + index * everyMs;
    const early = due - nowMs();
    if (early > 0) await sleep(early);
    const from = early > 0 || everyMs === 0 ? nowMs() : due;
    await ask();
    figures.push(nowMs() - from);
  }
  return figures;
}
