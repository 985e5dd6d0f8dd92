import { expect, test } from 'vitest';
import { createRateGate } from './rate.ts';

test('rate: a burst passes, then as many a second as allowed, however long it was quiet', () => {
  const passes = createRateGate({ burst: 3, perSecond: 2 });
  expect([0, 0, 0, 0].map(passes)).toEqual([true, true, true, false]);
  expect([499, 500, 500, 1000].map(passes)).toEqual([false, true, false, true]);
  expect([3_600_000, 3_600_000, 3_600_000, 3_600_000].map(passes)).toEqual([true, true, true, false]);
});
