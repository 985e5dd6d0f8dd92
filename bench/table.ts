import { figureOf, isBehind, type Row, type Subject } from './row.ts';

const subjects: readonly Subject[] = ['pm', 's6', 'runit', 'supervisord', 'pm2', 'node', 'cat'];

/** A Markdown table, padded so that it also reads well in a terminal. Subjects that no row has are left out. */
export function toTable(rows: readonly Row[]): string {
  const shown = subjects.filter((subject) => rows.some((row) => row.runs[subject] !== undefined));
  const [, ...others] = shown;
  const head = ['', 'unit', 'pm', 'budget', '', ...others];
  return align([head, head.map(() => '---'), ...rows.map((row) => toCells(row, others))]);
}

function toCells(row: Row, others: readonly Subject[]): string[] {
  const budget = row.budget === undefined ? ['', ''] : [row.budget.text, isBehind(row) ? 'behind' : 'ok'];
  return [row.name, row.unit, toFigure(row, 'pm'), ...budget, ...others.map((subject) => toFigure(row, subject))];
}

function toFigure(row: Row, subject: Subject): string {
  const figure = figureOf(row, subject);
  return figure === undefined ? '' : toDigits(figure);
}

/** Three significant digits, which is more than the machine repeats. */
function toDigits(figure: number): string {
  if (figure === 0 || Math.abs(figure) >= 100) return String(Math.round(figure));
  return figure.toFixed(Math.abs(figure) >= 10 ? 1 : 2);
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const toLine = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, cell === '---' ? '-' : ' ')).join(' | ');
  return lines.map((line) => `| ${toLine(line)} |\n`).join('');
}
