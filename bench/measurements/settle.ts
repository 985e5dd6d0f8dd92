import { setTimeout as sleep } from 'node:timers/promises';
import { readActivity } from '../proc.ts';
import { nowMs } from '../records.ts';

const lookMs = 250;
/** Of one processor: what is left when the work of a boot is done. */
const calmShare = 0.04;

/** Resolves when these processes have hardly anything to do, or after `atMostMs`: then it is not the boot that keeps them busy. */
export async function untilCalm(own: readonly number[], atMostMs: number = 15_000): Promise<void> {
  const end = nowMs() + atMostMs;
  for (let before = readActivity(own).cpuMs; nowMs() < end;) {
    await sleep(lookMs);
    const { cpuMs } = readActivity(own);
    if (cpuMs - before < calmShare * lookMs) return;
    before = cpuMs;
  }
}
