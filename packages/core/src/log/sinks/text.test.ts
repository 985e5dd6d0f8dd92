import { describe, expect, test } from 'vitest';
import type { Lane } from './format.ts';
import { createTextFormat } from './text.ts';

const lane: Lane = { process: 'web', instance: 'web-1', stream: 'stdout', level: 'info', labels: { team: 'a' } };
const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const bytes = (text: string): Buffer => Buffer.from(text);
const shown = (piece: string | Buffer): string => Buffer.from(piece as string, 'latin1').toString();

describe('text [line 33]', () => {
  const format = createTextFormat({ timestamps: true, terminal: false });

  test('each line has its time and instance before it', () => {
    const { piece, lines } = format.lines(lane, time, bytes('one\ntwö\n\n'));
    expect(shown(piece)).toBe(['one', 'twö', ''].map((text) => `2026-01-02T03:04:05.006Z web-1 | ${text}\n`).join(''));
    expect(lines).toBe(3);
  });

  test('a Windows line end becomes a line feed, other returns stay', () => {
    const { piece, lines } = format.lines(lane, time, bytes('one\r\n10 %\r20 %\r\n'));
    expect(shown(piece).replaceAll(/\S+ web-1 \| /g, '')).toBe('one\n10 %\r20 %\n');
    expect(lines).toBe(2);
  });

  test('much at once is the same as line by line', () => {
    const lines = Array.from(
      { length: 200 },
      (_, at) => `line ${at} é${'x'.repeat(at)}${at % 3 === 0 ? '\r\n' : '\n'}`,
    );
    const { piece, lines: count } = format.lines(lane, time, bytes(lines.join('')));
    expect(count).toBe(200);
    const together = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece);
    expect(together.toString()).toBe(lines.map((line) => shown(format.lines(lane, time, bytes(line)).piece)).join(''));
  });

  test('bytes that are no UTF-8 pass as they are', () => {
    const { piece } = format.lines(lane, time, Buffer.from([0xff, 0xc3, 0x0a]));
    expect(Buffer.from(piece as string, 'latin1').subarray(-3)).toEqual(Buffer.from([0xff, 0xc3, 0x0a]));
  });

  test('a dollar in a name means nothing', () => {
    const odd = { ...lane, instance: '$&-$1' };
    expect(shown(format.lines(odd, time, bytes('a\nb\n')).piece)).toContain('$&-$1 | b\n');
  });

  test('parts of a long line say so', () => {
    const part = { bytes: bytes('abc\r'), number: 2 };
    expect(shown(format.part(lane, time, { ...part, more: true }))).toMatch(/ \| \[part 2, continues\] abc\r\n$/);
    expect(shown(format.part(lane, time, { ...part, more: false }))).toMatch(/ \| \[part 2, end\] abc\n$/);
  });

  test('a record of several lines has the prefix on each', () => {
    const record = { time, process: 'web', instance: 'web-1', stream: 'stdout', text: 'Traceback\n  é' } as const;
    expect(shown(format.record(record, 'error')).replaceAll('2026-01-02T03:04:05.006Z ', '')).toBe(
      'web-1 | Traceback\nweb-1 |   é\n',
    );
  });

  test('the supervisor names itself, serious levels, and fields', () => {
    const own = (level: 'info' | 'error'): string =>
      shown(format.own({ time, level, message: 'cannot', fields: { why: 'no "file"', code: 2, absent: undefined } }));
    expect(own('info')).toBe('2026-01-02T03:04:05.006Z pm | cannot why="no \\"file\\"" code=2\n');
    expect(own('error')).toContain('pm | error: cannot');
  });

  test('fields that cannot be shown do not hurt', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const fields = { cycle, big: 1n, error: new Error('bad luck'), none: null, when: () => 1 };
    expect(shown(format.own({ time, level: 'info', message: 'm', fields }))).toContain(
      ' cycle="[cannot be shown]" big=1 error="bad luck" none=null ',
    );
  });

  test('without timestamps there is only the instance', () => {
    const plain = createTextFormat({ timestamps: false, terminal: false });
    expect(shown(plain.lines(lane, time, bytes('a\nb\n')).piece)).toBe('web-1 | a\nweb-1 | b\n');
  });
});

// oxlint-disable-next-line no-control-regex -- colours are control characters
const colours = /\x1b\[\d+m/g;

describe('text on a terminal', () => {
  const format = createTextFormat({ timestamps: false, terminal: true });
  const line = (process: string, index = 1): string =>
    shown(format.lines({ ...lane, process, instance: `${process}-${index}` }, time, bytes('x\n')).piece);

  test('names are as wide as the widest so far, within reason', () => {
    expect(line('db').replaceAll(colours, '')).toBe('db-1 | x\n');
    line('scheduler');
    expect(line('db').replaceAll(colours, '')).toBe('db-1        | x\n');
    line('a'.repeat(100));
    expect(line('db').replaceAll(colours, '')).toBe(`${'db-1'.padEnd(24)} | x\n`);
  });

  test('instances of a process share its colour, processes differ', () => {
    const colour = (text: string): string | undefined => text.match(colours)?.find((code) => code !== '\x1b[0m');
    expect(colour(line('queue', 1))).toBe(colour(line('queue', 2)));
    expect(colour(line('queue'))).not.toBe(colour(line('db')));
  });

  test('what a program left switched on ends with its line', () => {
    expect(line('db').startsWith('\x1b[0m')).toBe(true);
  });

  test('stderr has a red bar', () => {
    const piece = format.lines({ ...lane, stream: 'stderr' }, time, bytes('x\n')).piece;
    expect(shown(piece)).toContain('\x1b[31m|\x1b[0m x\n');
  });

  test('NO_COLOR leaves the words alone', () => {
    const plain = createTextFormat({ timestamps: true, terminal: true, colours: false });
    expect(shown(plain.lines(lane, time, bytes('x\n')).piece)).toMatch(/^\d\d:\d\d:\d\d\.006 web-1 \| x\n$/);
  });
});
