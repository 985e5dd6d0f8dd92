import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRing, type Ring } from './ring.ts';

function push(
  ring: Ring,
  text: string,
  more: { time?: number; stream?: 'stdout' | 'stderr'; level?: 'info' | 'error' } = {},
): void {
  const { time = 0, stream = 'stdout', level = 'info' } = more;
  ring.push({
    time,
    stream,
    level,
    bytes: Buffer.from(text),
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
  });
}

const texts = (ring: Ring, count = Number.POSITIVE_INFINITY): string[] => ring.last(count).map((line) => line.text);

describe('a ring', () => {
  test('gives the last lines, oldest first, with time, stream and level', () => {
    const ring = createRing(10);
    push(ring, 'one\ntwo\n', { time: 1 });
    push(ring, 'three', { time: 2, stream: 'stderr', level: 'error' });
    expect(ring.last(2)).toEqual([
      { time: 1, stream: 'stdout', level: 'info', text: 'two' },
      { time: 2, stream: 'stderr', level: 'error', text: 'three' },
    ]);
  });

  test('keeps a text with line feeds in one piece when it is one record', () => {
    const ring = createRing(10);
    ring.push({ time: 0, stream: 'stdout', level: 'info', bytes: Buffer.from('Traceback\n  line 1'), lines: 1 });
    expect(texts(ring)).toEqual(['Traceback\n  line 1']);
  });

  test('keeps the number of lines asked for, however they come', () => {
    const ring = createRing(100);
    for (let at = 0; at < 1000; at++) push(ring, `${at}\n`);
    push(ring, Array.from({ length: 50 }, (_, at) => `block ${at}\n`).join(''));
    expect(texts(ring)).toHaveLength(100);
    expect(texts(ring)[49]).toBe('999');
    expect(texts(ring).at(-1)).toBe('block 49');
  });

  test('is bounded by bytes: long lines are fewer, and one that is too long is cut', () => {
    const ring = createRing(1000);
    const long = 'x'.repeat(100_000);
    for (let at = 0; at < 100; at++) push(ring, `${at} ${long}\n`);
    expect(ring.size()).toBeLessThan(1_000_000);
    expect(texts(ring).at(-1)).toMatch(/^99 x/);
    push(ring, 'y'.repeat(2_000_000));
    expect(texts(ring).at(-1)).toMatch(/^y+ … \[cut\]$/);
    expect(ring.size()).toBeLessThan(1_000_000);
  });

  test('of a chunk that is too large keeps the last whole lines', () => {
    const ring = createRing(100);
    push(ring, Array.from({ length: 5000 }, (_, at) => `line ${at}\n`).join(''));
    expect(texts(ring)).toEqual(Array.from({ length: 100 }, (_, at) => `line ${4900 + at}`));
  });

  test('costs a quiet service little', () => {
    const ring = createRing(1000);
    push(ring, 'started\n');
    expect(ring.size()).toBeLessThanOrEqual(1024);
  });

  test('can be made smaller, larger, and switched off', () => {
    const ring = createRing(3);
    for (const text of ['1\n', '2\n', '3\n', '4\n']) push(ring, text);
    ring.resize(2);
    expect(texts(ring)).toEqual(['3', '4']);
    ring.resize(3);
    push(ring, '5\n');
    expect(texts(ring)).toHaveLength(3);
    ring.resize(0);
    push(ring, '6\n');
    expect(texts(ring)).toEqual([]);
  });

  test('holds the last lines of whatever was pushed', () => {
    const chunk = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (chunks, limit) => {
        const ring = createRing(limit);
        const all = chunks.flatMap((lines) => {
          const clean = lines.map((text) => text.replaceAll(/[\r\n]/g, ' '));
          push(ring, `${clean.join('\n')}\n`);
          return clean;
        });
        expect(texts(ring)).toEqual(all.slice(-limit));
      }),
    );
  });
});
