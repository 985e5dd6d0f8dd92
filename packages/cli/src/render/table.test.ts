import { expect, test } from 'vitest';
import { formatTable, toPlain, type Column } from './table.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note?: string;
}

const columns: Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'COUNT', value: ({ count }) => String(count), align: 'right' },
  { title: 'NOTE', value: ({ note }) => note ?? '', optional: true },
];

test('a table is as wide as it needs to be, and has no spaces at the end', () => {
  expect(
    formatTable(columns, [
      { name: 'a', count: 1 },
      { name: 'größer', count: 100_000 },
    ]),
  ).toEqual(['NAME     COUNT', 'a            1', 'größer  100000']);
});

test('a column that says nothing is left out', () => {
  expect(formatTable(columns, [{ name: 'a', count: 1, note: 'x' }])[0]).toBe('NAME  COUNT  NOTE');
  expect(formatTable(columns, [])).toEqual(['NAME  COUNT']);
});

test('a table is cut where the terminal ends', () => {
  const lines = formatTable(
    columns,
    [
      { name: 'a', count: 1, note: 'a long story' },
      { name: 'b', count: 2 },
    ],
    { width: 18 },
  );
  expect(lines).toEqual(['NAME  COUNT  NOTE', 'a         1  a lo…', 'b         2']);
  expect(formatTable(columns, [{ name: 'abcdefgh', count: 1 }], { width: 4 })).toEqual(['NAME', 'abc…']);
});

test('colours do not count', () => {
  const painted = columns.map((column) => ({ ...column, paint: (text: string) => `<${text}>` }));
  expect(formatTable(painted, [{ name: 'a', count: 1 }], { paintTitle: (text) => `*${text}*` })).toEqual([
    '*NAME*  *COUNT*',
    '<a   >  <    1>',
  ]);
});

test.each([
  ['\u001B[31mred\u001B[0m', 'red'],
  ['\u001B]0;title\u0007after', 'after'],
  ['a\nb\tc\u0000', 'a b c '],
  ['left\u202Eright', 'left right'],
  ['\u009B2J', ''],
  ['größe €', 'größe €'],
])('nothing of a service steers the terminal: %j', (text, plain) => expect(toPlain(text)).toBe(plain));
