import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter, type LinePart, toTexts } from './lines.ts';

type Seen =
  | { readonly kind: 'line' | 'rest'; readonly bytes: string }
  | ({ readonly kind: 'part'; readonly bytes: string } & Pick<LinePart, 'number' | 'more'>);

/** What a splitter makes of chunks, line by line (one character a byte). */
function split(chunks: readonly Buffer[], limit?: number, headroom = 0): Seen[] {
  const seen: Seen[] = [];
  const splitter = createLineSplitter(
    {
      lines(bytes) {
        expect(bytes.at(-1)).toBe(10);
        for (const line of bytes.toString('latin1').slice(0, -1).split('\n')) seen.push({ kind: 'line', bytes: line });
      },
      part: ({ bytes, number, more }) =>
        void seen.push({ kind: 'part', bytes: bytes.toString('latin1'), number, more }),
      rest: (bytes) => void seen.push({ kind: 'rest', bytes: bytes.toString('latin1') }),
    },
    limit,
  );
  for (const chunk of chunks) {
    // Memory of our own, spoilt after the call: nothing may hold on to it.
    const lent = Buffer.concat([Buffer.alloc(1 + headroom, '!'), chunk]);
    splitter.push(lent.subarray(1 + headroom), headroom);
    expect(lent[0]).toBe(0x21);
    lent.fill(0xff);
  }
  splitter.release();
  expect(splitter.held()).toBe(0);
  return seen;
}

const line = (bytes: string): Seen => ({ kind: 'line', bytes });
const rest = (bytes: string): Seen => ({ kind: 'rest', bytes });
const part = (bytes: string, number: number, more: boolean): Seen => ({ kind: 'part', bytes, number, more });
const buffers = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

describe('splitting [line 33]', () => {
  test('cuts at line feeds, wherever the chunks were cut', () => {
    expect(split(buffers('a\nb', 'c\n\nd', '', 'e\n'))).toEqual([line('a'), line('bc'), line(''), line('de')]);
  });

  test('puts the beginning of a line before its end where there is room: all that came is handed over at once', () => {
    const calls: string[] = [];
    const splitter = createLineSplitter({
      lines: (bytes) => void calls.push(String(bytes)),
      part() {},
      rest() {},
    });
    const memory = Buffer.from('....cd\nef\ng');
    splitter.push(Buffer.from('ab'));
    splitter.push(memory.subarray(4), 4);
    expect(calls).toEqual(['abcd\nef\n']);
    expect(splitter.held()).toBe(1);
    splitter.push(Buffer.from('.h\ni\n').subarray(1), 0);
    expect(calls.slice(1)).toEqual(['gh\n', 'i\n']);
  });

  test('keeps a last line without a line feed', () => {
    expect(split(buffers('a\nlast'))).toEqual([line('a'), rest('last')]);
  });

  test('leaves the carriage return to who shows the line', () => {
    expect(split(buffers('a\r\nb\r', '\n'))).toEqual([line('a\r'), line('b\r')]);
  });

  test('a line as long as the limit is whole, a longer one comes in numbered parts', () => {
    expect(split(buffers('12345678\n'), 8)).toEqual([line('12345678')]);
    expect(split(buffers('1234567812345678x\nnext\n'), 8)).toEqual([
      part('12345678', 1, true),
      part('12345678', 2, true),
      part('x', 3, false),
      line('next'),
    ]);
  });

  test('a long line that never ends is still told as ended', () => {
    expect(split(buffers('1234567812'), 8)).toEqual([part('12345678', 1, true), part('12', 2, false)]);
  });

  test('a part never ends inside of a character', () => {
    const parts = split([Buffer.from(`${'€'.repeat(5)}\n`)], 8);
    expect(parts.map((seen) => Buffer.from(seen.bytes, 'latin1').toString())).toEqual(['€€', '€€', '€']);
  });

  test('bytes that are no characters are cut at the limit', () => {
    expect(split([Buffer.alloc(10, 0x80)], 8).map((seen) => seen.bytes.length)).toEqual([8, 2]);
  });

  test('a long line that comes byte by byte is one line', () => {
    const one = Buffer.from('x');
    const seen = split([...Array.from({ length: 70_000 }, () => one), Buffer.from('\n')]);
    expect(seen.map(({ kind, bytes }) => [kind, bytes.length])).toEqual([['line', 70_000]]);
  });
});

/** Bytes with many line ends and parts of characters in them. */
const someBytes = fc
  .array(fc.oneof(fc.constantFrom('\n', '\r\n', '€', '😀', 'a'), fc.string({ unit: 'binary', maxLength: 12 })), {
    maxLength: 40,
  })
  .map((texts) => Buffer.from(texts.join('')));
const anyBytes = fc.oneof(
  someBytes,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const cuts = fc.array(fc.nat(300), { maxLength: 20 });

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.filter((at) => at <= bytes.length).toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('splitting, whatever comes [line 33]', () => {
  test('any chunking gives the same lines', () => {
    fc.assert(
      fc.property(anyBytes, cuts, fc.integer({ min: 4, max: 40 }), fc.nat(40), (bytes, places, limit, headroom) => {
        expect(split(cutAt(bytes, places), limit, headroom)).toEqual(split([bytes], limit));
      }),
    );
  });

  test('nothing is lost, nothing is added', () => {
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, places) => {
        const seen = split(cutAt(bytes, places));
        const joined = seen.map(({ kind, bytes: text }) => text + (kind === 'line' ? '\n' : '')).join('');
        expect(joined).toBe(bytes.toString('latin1'));
      }),
    );
  });

  test('parts are numbered, no longer than the limit, and put together are the line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 4, max: 30 }), (text, limit) => {
        const bytes = Buffer.from(text.replaceAll(/[\r\n]/g, ''));
        const seen = split([bytes, Buffer.from('\n')], limit);
        expect(seen.map((piece) => piece.bytes).join('')).toBe(bytes.toString('latin1'));
        expect(seen.every((piece) => piece.bytes.length <= limit)).toBe(true);
        expect(seen.every((piece) => !Buffer.from(piece.bytes, 'latin1').toString().includes('\uFFFD'))).toBe(
          !bytes.toString().includes('\uFFFD'),
        );
        if (seen.length > 1) {
          expect(seen).toEqual(
            seen.map((piece, index) => ({ ...piece, kind: 'part', number: index + 1, more: index < seen.length - 1 })),
          );
        }
      }),
    );
  });
});

test('texts of lines are without their ends, and bytes that are no UTF-8 become U+FFFD', () => {
  expect(toTexts(Buffer.from('a\r\nb\n\nc\rd\n'))).toEqual(['a', 'b', '', 'c\rd']);
  expect(toTexts(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(['a\uFFFD']);
});
