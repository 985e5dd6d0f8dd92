import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDuration, readSize, show } from './duration.ts';
import type { Reading } from './duration.ts';

function refusal(reading: Reading<number>): { message: string; hint: string | undefined } {
  if (reading.ok) return expect.unreachable(`read as ${reading.value}`);
  return { message: reading.message, hint: reading.hint };
}

describe('durations', () => {
  test.each<[unknown, number]>([
    [0, 0],
    [5, 5000],
    [0.5, 500],
    ['30', 30_000],
    ['0.25', 250],
    ['500ms', 500],
    ['5s', 5000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1h1m1s1ms', 3_661_001],
    ['1.5h', 5_400_000],
    [' 5s ', 5000],
    ['0s', 0],
    [0.0001, 1],
    ['0.1ms', 1],
  ])('%j is %d ms', (input, expected) => {
    expect(readDuration(input)).toEqual({ ok: true, value: expected });
  });

  test.each<[unknown, string]>([
    ['soon', 'expected a duration such as 30s, got "soon"'],
    ['', 'expected a duration such as 30s, got ""'],
    ['5 s', 'expected a duration such as 30s, got "5 s"'],
    ['s', 'expected a duration such as 30s, got "s"'],
    ['-5s', 'expected a duration such as 30s, got "-5s"'],
    [null, 'expected a duration such as 30s, got nothing (null)'],
    [true, 'expected a duration such as 30s, got true'],
    [[5], 'expected a duration such as 30s, got a list'],
    [{}, 'expected a duration such as 30s, got a map'],
    [Number.NaN, 'expected a duration such as 30s, got NaN'],
    [-1, 'a duration cannot be negative: -1'],
    ['5d', 'unknown unit "d" in "5d"'],
    ['30s1m', 'the units of the duration "30s1m" go from large to small'],
    ['1s1s', 'the units of the duration "1s1s" go from large to small'],
    [Infinity, 'the duration Infinity is too long to be counted'],
    [1e300, 'the duration 1e+300 is too long to be counted'],
  ])('%j is refused', (input, message) => {
    expect(refusal(readDuration(input)).message).toBe(message);
  });

  test('an unknown unit lists the known ones', () => {
    expect(refusal(readDuration('5min')).hint).toBe('Units are ms, s, m, h.');
  });

  test('what is written in parts is their sum', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(999), fc.nat(999), fc.nat(9999), (h, m, s, ms) => {
        expect(readDuration(`${h}h${m}m${s}s${ms}ms`)).toEqual({
          ok: true,
          value: h * 3_600_000 + m * 60_000 + s * 1000 + ms,
        });
      }),
    );
  });
});

describe('sizes', () => {
  test.each<[unknown, number]>([
    [0, 0],
    [1024, 1024],
    ['1024', 1024],
    ['10B', 10],
    ['64KiB', 65_536],
    ['50MB', 50_000_000],
    ['1GiB', 1_073_741_824],
    ['1.5KiB', 1536],
    ['2 TB', 2e12],
  ])('%j is %d bytes', (input, expected) => {
    expect(readSize(input)).toEqual({ ok: true, value: expected });
  });

  test.each<[unknown, string, string]>([
    ['512M', 'the unit "M" in "512M" is ambiguous', 'Write 512MiB (1024-based) or 512MB (1000-based).'],
    ['1g', 'the unit "g" in "1g" is ambiguous', 'Write 1GiB (1024-based) or 1GB (1000-based).'],
    ['5 stones', 'unknown unit "stones" in "5 stones"', 'Units are B, KB, MB, GB, TB, KiB, MiB, GiB, TiB.'],
    ['large', 'expected a size such as 64MiB, got "large"', 'A number is bytes; or 64KiB, 50MB, 1GiB.'],
    [1.5, 'expected a size such as 64MiB, got 1.5', 'A number is bytes; or 64KiB, 50MB, 1GiB.'],
  ])('%j is refused', (input, message, hint) => {
    expect(refusal(readSize(input))).toEqual({ message, hint });
  });

  test('a negative size is refused', () => {
    expect(refusal(readSize(-1)).message).toBe('a size cannot be negative: -1');
  });
});

test('a long value is cut where it is shown', () => {
  expect(show('x'.repeat(1000))).toHaveLength(63);
});
