import { stripVTControlCharacters } from 'node:util';

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Colours a cell after it was padded. */
  readonly paint?: (text: string, row: Row) => string;
  /** Left out where every cell is empty. */
  readonly optional?: boolean;
}

export interface TableOptions {
  /** Lines are cut there. Default: they are not. */
  readonly width?: number;
  readonly paintTitle?: (text: string) => string;
}

const gap = '  ';

/** Rows under titles, each column as wide as it needs to be; the last one takes what is left. Pure; no trailing spaces. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string[] {
  const shown = columns.filter((column) => column.optional !== true || rows.some((row) => column.value(row) !== ''));
  const cells = rows.map((row) => shown.map((column) => toPlain(column.value(row))));
  const widths = shown.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => lengthOf(line[index] ?? ''))),
  );
  const { width = Infinity, paintTitle = (text) => text } = options;
  const lay = (line: readonly string[], paint: (text: string, index: number) => string): string => {
    let left = width;
    const laid = line.map((text, index) => {
      const room = Math.max(0, left);
      const cell = pad(cut(text, room), Math.min(widths[index] ?? 0, room), shown[index]?.align);
      left -= lengthOf(cell) + gap.length;
      return { cell, index };
    });
    const last = laid.findLastIndex(({ cell }) => cell.trim() !== '');
    return laid
      .slice(0, last + 1)
      .map(({ cell, index }) => paint(index === last ? cell.trimEnd() : cell, index))
      .join(gap);
  };
  const titles = lay(
    shown.map(({ title }) => title),
    (text) => paintTitle(text),
  );
  return [
    titles,
    ...rows.map((row, at) => lay(cells[at] ?? [], (text, index) => shown[index]?.paint?.(text, row) ?? text)),
  ];
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const missing = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return align === 'left' ? text + missing : missing + text;
}

/** Cut to a number of characters; what was cut off is told by an ellipsis. */
export function cut(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  return length <= 0 ? '' : `${characters.slice(0, length - 1).join('')}…`;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Output of services ends up in tables: nothing of it may steer the terminal, or be something else than it looks. */
export function toPlain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}
