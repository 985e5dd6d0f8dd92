import { expect, onTestFinished, test, vi } from 'vitest';
import { createLimit } from '../transport/limit.ts';
import { readAwake } from './awake.ts';

test('a silent stream is given up; heartbeats keep it, and a reader that takes its time is not silence', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const arriving = [Promise.withResolvers<Buffer>(), Promise.withResolvers<Buffer>(), Promise.withResolvers<Buffer>()];
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (const { promise } of arriving) yield await promise;
  };
  const close = vi.fn<() => void>();
  const limit = createLimit(1000, undefined, () => new Error('silence'));
  const reader = readAwake({ chunks: chunks(), close }, limit, 100);

  const first = reader.next();
  await vi.advanceTimersByTimeAsync(99);
  arriving[0]?.resolve(Buffer.from(': beat'));
  expect(String((await first).value)).toBe(': beat');
  await vi.advanceTimersByTimeAsync(5000);

  const second = reader.next();
  await vi.advanceTimersByTimeAsync(99);
  arriving[1]?.resolve(Buffer.from('data'));
  expect(String((await second).value)).toBe('data');
  expect(limit.signal.aborted).toBe(false);

  const third = reader.next();
  await vi.advanceTimersByTimeAsync(100);
  expect(limit.signal.reason).toEqual(new Error('silence'));
  arriving[2]?.reject(limit.signal.reason);
  await expect(third).rejects.toThrow('silence');
  expect(close).toHaveBeenCalledOnce();
  limit.release();
  expect(vi.getTimerCount()).toBe(0);
});
