import {
  count,
  flag,
  type JsonSchema,
  listOf,
  mapOf,
  moment,
  number,
  objectOf,
  optional,
  orNull,
  refTo,
  text,
  wordOf,
} from './schema.ts';
import type * as S from './status.ts';

const states: readonly S.ProcessState[] = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'READY',
  'STOPPING',
  'STOPPED',
  'BACKOFF',
  'COMPLETED',
  'FAILED',
];

export const stateSchema: JsonSchema = wordOf(...states);

const whole: JsonSchema = { type: 'integer' };
const refOrNull = (name: string): JsonSchema => ({ anyOf: [refTo(name), { type: 'null' }] });

type StatusSchemaName =
  | 'Status'
  | 'ProcessList'
  | 'ProcessStatus'
  | 'DependencyStatus'
  | 'ScheduleStatus'
  | 'InstanceStatus'
  | 'ExitStatus'
  | 'HealthStatus';

/** The schemas of `status.ts`. */
export const statusSchemas: { readonly [N in StatusSchemaName]: JsonSchema } = {
  Status: objectOf<S.Status>({
    name: optional(text),
    version: text,
    pid: whole,
    phase: wordOf('booting', 'running', 'draining', 'stopped'),
    ready: flag,
    started_at: moment,
    uptime_s: number,
    seq: count,
    processes: listOf(refTo('ProcessStatus')),
  }),
  ProcessList: objectOf<S.ProcessList>({ processes: listOf(refTo('ProcessStatus')) }),
  ProcessStatus: objectOf<S.ProcessStatus>({
    name: text,
    type: wordOf('longrun', 'oneshot'),
    state: stateSchema,
    ready: flag,
    desired: wordOf('up', 'down'),
    scale: count,
    max_scale: count,
    labels: mapOf(text),
    source: wordOf('file', 'dynamic', 'plugin'),
    reason: optional(text),
    depends_on: listOf(refTo('DependencyStatus')),
    schedule: optional(refTo('ScheduleStatus')),
    instances: listOf(refTo('InstanceStatus')),
  }),
  DependencyStatus: objectOf<S.DependencyStatus>({
    process: text,
    condition: wordOf('started', 'ready', 'completed'),
    optional: flag,
  }),
  ScheduleStatus: objectOf<S.ScheduleStatus>({
    expression: text,
    timezone: text,
    paused: flag,
    next_run_at: orNull(moment),
    last_run_at: orNull(moment),
    success_rate: orNull(number),
  }),
  InstanceStatus: objectOf<S.InstanceStatus>({
    id: text,
    index: { type: 'integer', minimum: 1 },
    state: stateSchema,
    ready: flag,
    pid: orNull(whole),
    started_at: orNull(moment),
    uptime_s: orNull(number),
    restarts: count,
    consecutive_failures: count,
    next_restart_at: optional(moment),
    last_exit: refOrNull('ExitStatus'),
    health: refOrNull('HealthStatus'),
    reason: optional(text),
    cpu_percent: orNull(number),
    rss_bytes: orNull(count),
    threads: orNull(count),
    fds: orNull(count),
  }),
  ExitStatus: objectOf<S.ExitStatus>({ code: orNull(whole), signal: orNull(text), at: moment, text }),
  HealthStatus: objectOf<S.HealthStatus>({
    status: wordOf('healthy', 'unhealthy', 'unknown'),
    failures: count,
    last: orNull(objectOf<NonNullable<S.HealthStatus['last']>>({ ok: flag, ms: number, at: moment, text })),
  }),
};
