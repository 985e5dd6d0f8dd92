import type { Sys } from '@pm-supervisor/native';
import { expect, test } from 'vitest';
import { createFakeClock } from '../testing/index.ts';
import { trimMemoryAfterBoot } from './own-memory.ts';

function createCounter(): { readonly sys: Sys; readonly count: () => number } {
  let trims = 0;
  return { sys: { trimMemory: () => trims++ } as unknown as Sys, count: () => trims };
}

test('memory is trimmed once, after V8 has tidied up, and then no timer is left', async () => {
  const clock = createFakeClock();
  const { sys, count } = createCounter();
  trimMemoryAfterBoot(clock, sys);
  await clock.advance(14_999);
  expect(count()).toBe(0);
  await clock.advance(1);
  expect(count()).toBe(1);
  expect(clock.pending).toBe(0);
});

test('a supervisor that ends before does not trim', async () => {
  const clock = createFakeClock();
  const { sys, count } = createCounter();
  trimMemoryAfterBoot(clock, sys)();
  await clock.advance(60_000);
  expect(count()).toBe(0);
});

test('without the helper there is no timer', () => {
  const clock = createFakeClock();
  trimMemoryAfterBoot(clock, undefined)();
  expect(clock.pending).toBe(0);
});
