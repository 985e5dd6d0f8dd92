import { expect, test } from 'vitest';
import type { Lane } from './format.ts';
import { createRawFormat } from './raw.ts';

const lane = (instance: string): Lane => ({ process: 'web', instance, stream: 'stdout', level: 'info', labels: {} });
const one = lane('web-1');
const other = lane('web-2');
const shown = (piece: string | Buffer): string => Buffer.from(piece as string, 'latin1').toString('latin1');

test('raw: bytes are not touched [line 33]', () => {
  const bytes = Buffer.from([0x61, 0x0d, 0x0a, 0xff, 0x00, 0x0a]);
  const { piece, lines } = createRawFormat().lines(one, 0, bytes);
  expect(piece).toEqual(bytes);
  expect(lines).toBe(2);
});

test('raw: an unfinished line goes on when its own end comes', () => {
  const format = createRawFormat();
  const pieces = [format.rest(one, 0, Buffer.from('Password: ')), format.lines(one, 0, Buffer.from('***\n')).piece];
  expect(pieces.map(shown).join('')).toBe('Password: ***\n');
});

test('raw: a line of another process does not run into an unfinished one', () => {
  const format = createRawFormat();
  const pieces = [
    format.rest(one, 0, Buffer.from('Password: ')),
    format.lines(other, 0, Buffer.from('hello\n')).piece,
    format.rest(one, 0, Buffer.from('again: ')),
    format.own({ time: 0, level: 'info', message: 'stopping', fields: { why: 'SIGTERM' } }),
  ];
  expect(pieces.map(shown).join('')).toBe('Password: \nhello\nagain: \npm: stopping why=SIGTERM\n');
});

test('raw: parts of a long line are put together again', () => {
  const format = createRawFormat();
  const pieces = [
    format.part(one, 0, { bytes: Buffer.from('ab'), number: 1, more: true }),
    format.part(one, 0, { bytes: Buffer.from('c\r'), number: 2, more: false }),
  ];
  expect(pieces.map(shown).join('')).toBe('abc\r\n');
});

test('raw: what a plugin made of a line is written as text', () => {
  const record = { time: 0, process: 'web', instance: 'web-1', stream: 'stdout', text: 'é' } as const;
  expect(createRawFormat().record(record, 'info')).toBe(Buffer.from('é\n').toString('latin1'));
});
