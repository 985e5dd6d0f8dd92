import type { InstanceStatus, LogLine, ProcessStatus, Status } from '@pm-supervisor/client';
import { toRows } from '../render/status.ts';
import type { Key } from './keys.ts';

/** A row that can be chosen: an instance, or a process that has none. */
export interface TopRow {
  readonly id: string;
  readonly process: ProcessStatus;
  readonly instance: InstanceStatus | undefined;
}

export const orders = ['name', 'cpu', 'memory'] as const;
export type Order = (typeof orders)[number];

/** Something that is done to a process or instance. */
export interface Deed {
  readonly verb: 'start' | 'stop' | 'restart' | 'scale';
  readonly target: string;
  /** Of scale. */
  readonly by?: number;
}

/** Everything that is on the screen. */
export interface TopState {
  readonly status: Status | undefined;
  /** `id` of the chosen row; it stays with it through changes of order. */
  readonly chosen: string | undefined;
  readonly order: Order;
  readonly showsLogs: boolean;
  /** Lines of the chosen instance, oldest first. */
  readonly logs: readonly LogLine[];
  /** What is asked before it is done. */
  readonly question: Deed | undefined;
  readonly showsHelp: boolean;
  /** What happened last, in words. */
  readonly message: string;
  /** The connection is lost: what is shown is old. */
  readonly lost: boolean;
}

export type TopAction =
  | { readonly type: 'status'; readonly status: Status }
  | { readonly type: 'line'; readonly instance: string; readonly line: LogLine }
  | { readonly type: 'key'; readonly key: Key; readonly page: number }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'connection'; readonly lost: boolean };

/** What the shell has to do after a change. */
export type TopEffect =
  | { readonly type: 'do'; readonly deed: Deed }
  | { readonly type: 'quit' }
  | { readonly type: 'suspend' };

export interface Step {
  readonly state: TopState;
  readonly effect?: TopEffect;
}

export const emptyState: TopState = {
  status: undefined,
  chosen: undefined,
  order: 'name',
  showsLogs: true,
  logs: [],
  question: undefined,
  showsHelp: false,
  message: '',
  lost: false,
};

/** More than any terminal has lines. */
const mostLines = 500;

/** What follows what. Pure. */
export function update(state: TopState, action: TopAction): Step {
  switch (action.type) {
    case 'status':
      return { state: keepChoice({ ...state, status: action.status, lost: false }, state) };
    case 'line':
      return {
        state:
          action.instance === state.chosen ? { ...state, logs: [...state.logs, action.line].slice(-mostLines) } : state,
      };
    case 'message':
      return { state: { ...state, message: action.text } };
    case 'connection':
      return { state: { ...state, lost: action.lost } };
    case 'key':
      return press(state, action.key, action.page);
  }
}

/** The rows in their order; equal ones keep that of the plan. */
export function listRows({ status, order }: Pick<TopState, 'status' | 'order'>): TopRow[] {
  const rows = toRows(status?.processes ?? []).map(({ process, instance }) => ({
    id: instance?.id ?? process.name,
    process,
    instance,
  }));
  if (order === 'name') return rows;
  const weigh = ({ instance }: TopRow): number => (order === 'cpu' ? instance?.cpu_percent : instance?.rss_bytes) ?? -1;
  return rows.toSorted((a, b) => weigh(b) - weigh(a));
}

/** What was chosen stays chosen; where it is gone, what stands in its place now. */
function keepChoice(next: TopState, before: TopState): TopState {
  const rows = listRows(next);
  if (rows.some(({ id }) => id === next.chosen)) return next;
  const place = Math.max(
    0,
    listRows(before).findIndex(({ id }) => id === before.chosen),
  );
  return choose(next, rows[Math.min(place, rows.length - 1)]?.id);
}

function choose(state: TopState, chosen: string | undefined): TopState {
  return chosen === state.chosen ? state : { ...state, chosen, logs: [] };
}

function press(state: TopState, key: Key, page: number): Step {
  if (key === 'ctrl-c') return { state, effect: { type: 'quit' } };
  if (key === 'ctrl-z') return { state, effect: { type: 'suspend' } };
  if (state.question !== undefined) return answer(state, state.question, key);
  if (state.showsHelp) return { state: { ...state, showsHelp: false } };
  const moved = move(state, key, page);
  return moved === undefined ? command({ ...state, message: '' }, key) : { state: moved };
}

function answer(state: TopState, deed: Deed, key: Key): Step {
  const closed = { ...state, question: undefined };
  return key === 'y' || key === 'enter'
    ? { state: closed, effect: { type: 'do', deed } }
    : { state: { ...closed, message: 'nothing was done' } };
}

function move(state: TopState, key: Key, page: number): TopState | undefined {
  const rows = listRows(state);
  const at = rows.findIndex(({ id }) => id === state.chosen);
  const places: Readonly<Partial<Record<Key, number>>> = {
    up: at - 1,
    k: at - 1,
    down: at + 1,
    j: at + 1,
    'page-up': at - page,
    'page-down': at + page,
    home: 0,
    end: rows.length - 1,
  };
  const place = places[key];
  return place === undefined ? undefined : choose(state, rows[Math.max(0, Math.min(place, rows.length - 1))]?.id);
}

function command(state: TopState, key: Key): Step {
  const row = listRows(state).find(({ id }) => id === state.chosen);
  switch (key) {
    case 'q':
      return { state, effect: { type: 'quit' } };
    case 'h':
    case '?':
      return { state: { ...state, showsHelp: true } };
    case 'l':
      return { state: { ...state, showsLogs: !state.showsLogs } };
    case 'o':
      return { state: { ...state, order: orders[(orders.indexOf(state.order) + 1) % orders.length] ?? 'name' } };
    default:
      return row === undefined ? { state } : act(state, key, row);
  }
}

/** What takes something down is asked about first. */
function act(state: TopState, key: Key, { id, process }: TopRow): Step {
  switch (key) {
    case 'a':
      return { state, effect: { type: 'do', deed: { verb: 'start', target: id } } };
    case '+':
      return { state, effect: { type: 'do', deed: { verb: 'scale', target: process.name, by: 1 } } };
    case 's':
      return { state: { ...state, question: { verb: 'stop', target: id } } };
    case 'r':
      return { state: { ...state, question: { verb: 'restart', target: id } } };
    case '-':
      return { state: { ...state, question: { verb: 'scale', target: process.name, by: -1 } } };
    default:
      return { state };
  }
}
