import type { ProcessStatus } from '@pm-supervisor/client';
import type { Paint } from '../paint.ts';
import { formatBytes, formatPercent } from '../render/amounts.ts';
import { createLogFormat } from '../render/logs.ts';
import { formatHead, formatStatus, isFine, toNow } from '../render/status.ts';
import { cut, toPlain } from '../render/table.ts';
import { listRows, type Deed, type TopState } from './state.ts';

/** Characters of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const keyLine = '↑↓ choose  a start  s stop  r restart  +/- scale  l logs  o order  ? help  q quit';

const helpLines = [
  '↑ ↓ j k, PgUp PgDn, Home End   choose a process or instance',
  'a                              start it',
  's                              stop it (asks first)',
  'r                              restart it (asks first)',
  '+ -                            one instance more, one fewer (asks first)',
  'l                              show or hide what it writes',
  'o                              order by name, CPU, memory',
  'q, Ctrl+C                      leave; nothing is stopped by that',
];

/** The whole screen: exactly `rows` lines, none longer than `columns`. Pure. */
export function drawScreen(state: TopState, size: Size, paint: Paint): string[] {
  const { columns, rows } = size;
  const head = [...drawHead(state, columns, paint), ''];
  const foot = drawFoot(state, columns, paint);
  const room = Math.max(0, rows - head.length - foot.length);
  const body = state.showsHelp
    ? helpLines.map((line) => cut(line, columns))
    : drawBody(state, { columns, rows: room }, paint);
  return [...fill([...head, ...fill(body, room)], rows - foot.length), ...foot].slice(0, rows);
}

/** How many rows of the table are on the screen: a page. */
export function countTableRows(state: TopState, { rows }: Size): number {
  return Math.max(1, splitBody(state, Math.max(0, rows - 3)).table - 1);
}

function drawHead({ status, lost }: TopState, columns: number, paint: Paint): string[] {
  if (status === undefined) return [cut('connecting…', columns)];
  const left = formatHead(status);
  const right = lost ? 'connection lost, trying again' : sum(status.processes);
  const gap = columns - Array.from(left).length - Array.from(right).length;
  if (gap < 2) return [paint('bold', cut(left, columns))];
  return [`${paint('bold', left)}${' '.repeat(gap)}${lost ? paint('red', right) : right}`];
}

function sum(processes: readonly ProcessStatus[]): string {
  const instances = processes.flatMap((process) => process.instances);
  const fine = processes.filter(isFine).length;
  const cpu = instances.reduce((total, { cpu_percent: percent }) => total + (percent ?? 0), 0);
  const memory = instances.reduce((total, { rss_bytes: bytes }) => total + (bytes ?? 0), 0);
  return `${fine} of ${processes.length} fine  CPU ${formatPercent(cpu)}  memory ${formatBytes(memory)}`;
}

function drawFoot({ question, message }: TopState, columns: number, paint: Paint): string[] {
  const first = question === undefined ? toPlain(message) : `${sayDeed(question)}? y/n`;
  return [
    question === undefined ? cut(first, columns) : paint(['bold', 'yellow'], cut(first, columns)),
    paint('dim', cut(keyLine, columns)),
  ];
}

/** `stop web-1`, `scale queue by -1`. */
export function sayDeed({ verb, target, by }: Deed): string {
  return `${verb} ${target}${by === undefined ? '' : ` by ${by > 0 ? '+' : ''}${by}`}`;
}

function drawBody(state: TopState, size: Size, paint: Paint): string[] {
  const { table, logs } = splitBody(state, size.rows);
  const lines = drawTable(state, { ...size, rows: table }, paint);
  return logs === 0 ? lines : [...fill(lines, table), ...drawLogs(state, { ...size, rows: logs }, paint)];
}

/** The table takes what it needs, but not more than two thirds where there are lines to show below it. */
function splitBody(state: TopState, rows: number): { readonly table: number; readonly logs: number } {
  const needed = listRows(state).length + 1;
  const table = state.showsLogs ? Math.min(needed, Math.max(2, Math.floor((rows * 2) / 3))) : rows;
  const logs = rows - table;
  return state.showsLogs && logs >= 3 ? { table, logs } : { table: rows, logs: 0 };
}

/** The chosen row is always among those that are shown. */
function drawTable(state: TopState, { columns, rows }: Size, paint: Paint): string[] {
  const { status } = state;
  if (status === undefined) return [];
  const all = listRows(state);
  const [title = '', ...lines] = formatStatus({ rows: all, now: toNow(status), paint, width: columns });
  const at = Math.max(
    0,
    all.findIndex(({ id }) => id === state.chosen),
  );
  const height = Math.max(1, rows - 1);
  const first = Math.max(0, Math.min(at - Math.floor(height / 2), lines.length - height));
  const marked = lines.map((line, index) => (index === at ? paint('inverse', stripped(line).padEnd(columns)) : line));
  return [title, ...marked.slice(first, first + height)].slice(0, rows);
}

/** Colours inside of an inverted line would end the inversion. */
function stripped(line: string): string {
  return toPlain(line);
}

function drawLogs({ chosen = '', logs }: TopState, { columns, rows }: Size, paint: Paint): string[] {
  const format = createLogFormat((_, text) => text);
  const title = `── ${chosen} `;
  const lines = logs.slice(-(rows - 1)).map((line) => cut(toPlain(format(line)), columns));
  return [paint('dim', cut(title + '─'.repeat(Math.max(0, columns - Array.from(title).length)), columns)), ...lines];
}

function fill(lines: readonly string[], rows: number): string[] {
  return [...lines.slice(0, rows), ...Array.from({ length: Math.max(0, rows - lines.length) }, () => '')];
}
