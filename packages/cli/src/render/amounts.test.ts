import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatPercent } from './amounts.ts';

test.each([
  [-1, '0s'],
  [0, '0s'],
  [0.9, '0s'],
  [59.9, '59s'],
  [60, '1m'],
  [61, '1m1s'],
  [3600, '1h'],
  [3725, '1h2m'],
  [86_400, '1d'],
  [93_600, '1d2h'],
])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [47_290_000, '45.1 MiB'],
  [200 * 2 ** 20, '200 MiB'],
  [3 * 2 ** 40, '3.0 TiB'],
  [2 ** 60, '1048576 TiB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, '0.0%'],
  [1.26, '1.3%'],
  [99.94, '99.9%'],
  [250.4, '250%'],
])('%d is %s', (percent, text) => expect(formatPercent(percent)).toBe(text));
