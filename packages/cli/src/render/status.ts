import type { InstanceStatus, ProcessState, ProcessStatus, Status } from '@pm-supervisor/client';
import type { Paint } from '../paint.ts';
import { formatBytes, formatDuration, formatPercent } from './amounts.ts';
import { formatTable, type Column } from './table.ts';

/** One line of the table: an instance, or a process that has none. */
export interface StatusRow {
  readonly process: ProcessStatus;
  readonly instance: InstanceStatus | undefined;
}

export interface StatusView {
  readonly rows: readonly StatusRow[];
  /** The supervisor's clock, milliseconds since the epoch. */
  readonly now: number;
  readonly paint: Paint;
  /** Of the terminal; absent: lines are not cut. */
  readonly width?: number;
}

/** The table of `pm status`. Pure. */
export function formatStatus({ rows, now, paint, width }: StatusView): string[] {
  const options = { paintTitle: (text: string) => paint('dim', text), ...(width === undefined ? {} : { width }) };
  return formatTable(toColumns(now, paint), rows, options);
}

/** `pm 1.0.0, shop: running for 3h12m, pid 1`. */
export function formatHead({ name, version, phase, uptime_s: uptime, pid }: Status): string {
  return `pm ${version}${name === undefined ? '' : `, ${name}`}: ${phase} for ${formatDuration(uptime)}, pid ${pid}`;
}

/** The supervisor's clock at the moment of a status: nobody needs to agree on the time. */
export function toNow({ started_at: startedAt, uptime_s: uptime }: Pick<Status, 'started_at' | 'uptime_s'>): number {
  return Date.parse(startedAt) + uptime * 1000;
}

export function toRows(processes: readonly ProcessStatus[]): StatusRow[] {
  return processes.flatMap((process): StatusRow[] =>
    process.instances.length === 0
      ? [{ process, instance: undefined }]
      : process.instances.map((instance) => ({ process, instance })),
  );
}

/** Whether nothing is wrong with it: it is up and ready, has done its work, or is not wanted up. */
export function isFine({ state, desired }: Pick<ProcessStatus, 'state' | 'desired'>): boolean {
  if (state === 'READY' || state === 'COMPLETED') return true;
  return state === 'STOPPED' && desired === 'down';
}

function toColumns(now: number, paint: Paint): Column<StatusRow>[] {
  return [
    { title: 'PROCESS', value: ({ process }) => process.name },
    { title: 'INSTANCE', value: ({ instance }) => instance?.id ?? '' },
    { title: 'STATE', value: toState, paint: (text, row) => paint(stateColours[toState(row)], text) },
    {
      title: 'READY',
      value: ({ instance }) => (instance === undefined || isOver(instance.state) ? '' : instance.ready ? 'yes' : 'no'),
    },
    { title: 'PID', value: ({ instance }) => String(instance?.pid ?? ''), align: 'right' },
    { title: 'UPTIME', value: ({ instance }) => show(instance?.uptime_s, formatDuration), align: 'right' },
    { title: 'RESTARTS', value: ({ instance }) => show(instance?.restarts, String), align: 'right' },
    {
      title: 'CPU',
      value: ({ instance }) => show(ofLive(instance)?.cpu_percent, formatPercent),
      align: 'right',
      optional: true,
    },
    {
      title: 'MEMORY',
      value: ({ instance }) => show(ofLive(instance)?.rss_bytes, formatBytes),
      align: 'right',
      optional: true,
    },
    { title: 'HEALTH', value: ({ instance }) => instance?.health?.status ?? '', optional: true },
    { title: 'LAST EXIT', value: ({ instance }) => toLastExit(instance, now), optional: true },
    { title: 'WHY', value: toReason, paint: (text) => paint('dim', text), optional: true },
  ];
}

const stateColours: Readonly<Record<ProcessState, Parameters<Paint>[0]>> = {
  PENDING: 'yellow',
  STARTING: 'yellow',
  RUNNING: 'yellow',
  READY: 'green',
  STOPPING: 'yellow',
  STOPPED: 'dim',
  BACKOFF: 'red',
  COMPLETED: 'dim',
  FAILED: ['bold', 'red'],
};

function toState({ process, instance }: StatusRow): ProcessState {
  return instance?.state ?? process.state;
}

function isOver(state: ProcessState): boolean {
  return state === 'STOPPED' || state === 'COMPLETED' || state === 'FAILED';
}

function toLastExit(instance: InstanceStatus | undefined, now: number): string {
  if (instance === undefined || instance.last_exit === null) return '';
  const { code, signal, at } = instance.last_exit;
  return `${signal ?? `exit ${code}`}, ${formatDuration((now - Date.parse(at)) / 1000)} ago`;
}

/** Only where something is to be explained: of what is ready, has ended well or is not wanted up, nobody asks why. */
function toReason({ process, instance }: StatusRow): string {
  const state = instance?.state ?? process.state;
  return state === 'READY' || state === 'COMPLETED' ? '' : (instance?.reason ?? process.reason ?? '');
}

/** What was measured a moment ago may be of something that is gone. */
function ofLive(instance: InstanceStatus | undefined): InstanceStatus | undefined {
  return instance?.pid === null ? undefined : instance;
}

function show<T>(value: T | null | undefined, format: (value: T) => string): string {
  return value === null || value === undefined ? '' : format(value);
}
