import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasControls } from './controls.ts';
import type { Lane, Piece } from './format.ts';
import { createJsonFormat } from './json.ts';

const lane: Lane = { process: 'web', instance: 'web-1', stream: 'stderr', level: 'warn', labels: {} };
const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const format = createJsonFormat({ timestamps: true, formatOwn: () => '' });
const strict = new TextDecoder('utf-8', { fatal: true });

/** The objects, one a line. Fails when the output is not valid UTF-8, or a line is not JSON. */
function parse(piece: Piece): Record<string, unknown>[] {
  const text = strict.decode(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const messages = (bytes: Buffer): unknown[] => parse(format.lines(lane, time, bytes).piece).map((line) => line.msg);

describe('json', () => {
  test('one object a line, with labels after the fixed keys', () => {
    const labelled = { ...lane, labels: { team: 'ünï', msg: 'mine', cost: '$&' } };
    const { piece, lines } = format.lines(labelled, time, Buffer.from('one\ntwo\n'));
    expect(lines).toBe(2);
    expect(
      Buffer.from(piece as string, 'latin1')
        .toString()
        .split('\n')[1],
    ).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"warn","process":"web","instance":"web-1","stream":"stderr",' +
        '"msg":"two","team":"ünï","msg_":"mine","cost":"$&"}',
    );
  });

  test('quotes, backslashes, escapes and returns are text', () => {
    expect(messages(Buffer.from('{"a":"b\\n"}\n\\"\\\\\n\x1b[31mred\x1b[0m\t\0\n50 %\r100 %\r\n\r\n'))).toEqual([
      '{"a":"b\\n"}',
      '\\"\\\\',
      '\x1b[31mred\x1b[0m\t\0',
      '50 %\r100 %',
      '',
    ]);
  });

  test('bytes that are no UTF-8 become U+FFFD, their neighbours stay', () => {
    expect(messages(Buffer.concat([Buffer.from('é\n'), Buffer.from([0x61, 0xff, 0xed, 0xa0, 0x80, 0x0a])]))).toEqual([
      'é',
      'a\uFFFD\uFFFD\uFFFD\uFFFD',
    ]);
  });

  test('parts of a long line carry their number', () => {
    expect(parse(format.part(lane, time, { bytes: Buffer.from('abc\r'), number: 1, more: true }))[0]).toMatchObject({
      msg: 'abc\r',
      part: 1,
      more: true,
    });
    expect(parse(format.part(lane, time, { bytes: Buffer.from('d\r'), number: 2, more: false }))[0]).toMatchObject({
      msg: 'd',
      part: 2,
      more: false,
    });
  });

  test('without timestamps there is no time', () => {
    const plain = createJsonFormat({ timestamps: false, formatOwn: () => '' });
    expect(parse(plain.rest(lane, time, Buffer.from('x')))[0]).not.toHaveProperty('time');
  });

  test('fields of a record are merged, and cannot change what the fixed keys say', () => {
    const record = { time, process: 'web', instance: 'web-1', stream: 'stdout', text: '\ud800 lone' } as const;
    const [object] = parse(format.record({ ...record, fields: { user: 7, level: 'x', big: 1n } }, 'error'));
    expect(object).toMatchObject({ level: 'error', msg: '\ud800 lone', user: 7, level_: 'x', big: '1' });
  });
});

describe('json, whatever comes [line 33]', () => {
  const nasty = fc.constantFrom('\n', '\r\n', '\r', '"', '\\', '\\n', '\0', '\x1b', '€', '\u2028', '$&', '\x7f');
  const someBytes = fc.oneof(
    fc
      .array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { maxLength: 30 })
      .map((texts) => Buffer.from(texts.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );
  const labels = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));

  test('every line is valid, and says what was written', () => {
    fc.assert(
      fc.property(someBytes, labels, (bytes, some) => {
        const whole = Buffer.concat([bytes, Buffer.from('\n')]);
        const { piece, lines } = format.lines({ ...lane, labels: some }, time, whole);
        const texts = whole
          .toString()
          .split('\n')
          .slice(0, -1)
          .map((text) => text.replace(/\r$/, ''));
        expect(parse(piece).map((line) => line.msg)).toEqual(texts);
        expect(lines).toBe(texts.length);
      }),
    );
  });

  test('much at once is the same as little', () => {
    fc.assert(
      fc.property(fc.array(someBytes, { maxLength: 60 }), labels, (list, some) => {
        const source = { ...lane, labels: some };
        const whole = list.map((bytes) => Buffer.concat([bytes, Buffer.from('\n')]));
        const { piece, lines } = format.lines(source, time, Buffer.concat([...whole, Buffer.from('end\n')]));
        const together = parse(piece);
        expect(lines).toBe(together.length);
        const little = [...whole, Buffer.from('end\n')].flatMap((bytes) =>
          parse(format.lines(source, time, bytes).piece),
        );
        expect(together).toEqual(little);
      }),
    );
  });

  test('control characters are found wherever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(3), (bytes, start) => {
        // At every alignment in memory, since four bytes are looked at together.
        const memory = Buffer.alloc(bytes.length + start);
        memory.set(bytes, start);
        const found = bytes.some((byte) => byte < 0x20 && byte !== 10);
        expect(hasControls(memory.subarray(start))).toBe(found);
      }),
    );
  });
});
