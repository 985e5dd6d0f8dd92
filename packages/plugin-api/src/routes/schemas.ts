import type * as B from './bodies.ts';
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
  texts,
  wordOf,
} from './schema.ts';
import { statusSchemas, stateSchema } from './status-schemas.ts';
import type * as S from './status.ts';

/** Every body by the name of its schema. */
export interface SchemaTypes {
  Status: S.Status;
  ProcessList: S.ProcessList;
  ProcessStatus: S.ProcessStatus;
  DependencyStatus: S.DependencyStatus;
  ScheduleStatus: S.ScheduleStatus;
  InstanceStatus: S.InstanceStatus;
  ExitStatus: S.ExitStatus;
  HealthStatus: S.HealthStatus;
  Operation: B.Operation;
  OperationList: B.OperationList;
  Diff: B.Diff;
  Problem: B.Problem;
  ProblemDetail: B.ProblemDetail;
  ScaleRequest: B.ScaleRequest;
  SignalRequest: B.SignalRequest;
  Declaration: B.Declaration;
  NamedDeclaration: B.NamedDeclaration;
  ReconcileRequest: B.ReconcileRequest;
  ShutdownRequest: B.ShutdownRequest;
  LogPage: B.LogPage;
  LogLine: B.LogLine;
  EventPage: B.EventPage;
  EventMessage: B.EventMessage;
  GapMessage: B.GapMessage;
  EndMessage: B.EndMessage;
  ConfigView: B.ConfigView;
  ConfigKey: B.ConfigKey;
  PluginList: B.PluginList;
  PluginStatus: B.PluginStatus;
  WhoAmI: B.WhoAmI;
  Liveness: B.Liveness;
  Readiness: B.Readiness;
  HealthAnswer: B.HealthAnswer;
  RunList: B.RunList;
  RunRecord: B.RunRecord;
  MetricsHistory: B.MetricsHistory;
  OpenApi: Readonly<Record<string, unknown>>;
}

export type SchemaName = keyof SchemaTypes;

const names = (values: JsonSchema, more: Partial<JsonSchema> = {}): JsonSchema =>
  mapOf(values, { propertyNames: { type: 'string', maxLength: 200 }, maxProperties: 10_000, ...more });
const whole: JsonSchema = { type: 'integer' };
const phase = wordOf('booting', 'running', 'draining', 'stopped');

/** The JSON Schema of every body, by name. */
export const schemas: { readonly [N in SchemaName]: JsonSchema } = {
  ...statusSchemas,
  Operation: objectOf<B.Operation>({
    id: text,
    command: text,
    targets: texts,
    caller: text,
    state: wordOf('running', 'succeeded', 'failed'),
    started_at: moment,
    ended_at: orNull(moment),
    changed: flag,
    processes: listOf(refTo('ProcessStatus')),
    diff: optional(refTo('Diff')),
    problem: optional(refTo('Problem')),
  }),
  OperationList: objectOf<B.OperationList>({ operations: listOf(refTo('Operation')) }),
  Diff: objectOf<B.Diff>({
    added: texts,
    removed: texts,
    changed: listOf(objectOf<B.Diff['changed'][number]>({ name: text, keys: texts, restart: flag })),
    unchanged: texts,
    global_keys: texts,
    plugins: objectOf<B.Diff['plugins']>({ added: texts, removed: texts, changed: texts }),
  }),
  Problem: objectOf<B.Problem>({
    type: text,
    title: text,
    status: whole,
    detail: text,
    code: text,
    hint: optional(text),
    errors: optional(listOf(refTo('ProblemDetail'))),
    operation: optional(text),
  }),
  ProblemDetail: objectOf<B.ProblemDetail>({ path: text, message: text, hint: optional(text), at: optional(text) }),
  ScaleRequest: objectOf<B.ScaleRequest>(
    {
      desired: optional({ ...count, maximum: 1_000_000, description: 'How many instances.' }),
      delta: optional({
        ...whole,
        minimum: -1_000_000,
        maximum: 1_000_000,
        description: 'More (2) or fewer (-1) than now.',
      }),
    },
    { minProperties: 1, maxProperties: 1 },
  ),
  SignalRequest: objectOf<B.SignalRequest>({
    signal: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+]{1,15}$', examples: ['SIGHUP'] },
  }),
  Declaration: {
    type: 'object',
    description: 'What a configuration file would hold under processes.NAME.',
    examples: [{ command: ['sleep', '60'] }],
  },
  NamedDeclaration: objectOf<B.NamedDeclaration>({
    name: { type: 'string', minLength: 1, maxLength: 200 },
    process: refTo('Declaration'),
  }),
  ReconcileRequest: objectOf<B.ReconcileRequest>({
    label: { type: 'string', pattern: '^[^=:]+[=:].*$', examples: ['owner=router'] },
    processes: names(refTo('Declaration')),
  }),
  ShutdownRequest: objectOf<B.ShutdownRequest>({ reason: optional({ type: 'string', maxLength: 1000 }) }),
  LogPage: objectOf<B.LogPage>({ limit: whole, count: whole, logs: listOf(refTo('LogLine')) }),
  LogLine: objectOf<B.LogLine>({
    time: moment,
    process: text,
    instance: text,
    stream: wordOf('stdout', 'stderr'),
    level: wordOf('debug', 'info', 'warn', 'error'),
    msg: text,
  }),
  EventPage: objectOf<B.EventPage>({ seq: count, gap: flag, events: listOf(refTo('EventMessage')) }),
  EventMessage: objectOf<{ seq: number; at: string; type: string }>(
    { seq: count, at: moment, type: text },
    { additionalProperties: true },
  ),
  GapMessage: objectOf<B.GapMessage>({ after: count, oldest: count }),
  EndMessage: objectOf<B.EndMessage>({ reason: wordOf('slow', 'closing', 'renewed', 'limit'), detail: text }),
  ConfigView: objectOf<B.ConfigView>({ origin: text, keys: listOf(refTo('ConfigKey')) }),
  ConfigKey: objectOf<B.ConfigKey>({ path: text, value: optional({}), source: text }),
  PluginList: objectOf<B.PluginList>({ plugins: listOf(refTo('PluginStatus')) }),
  PluginStatus: objectOf<B.PluginStatus>({
    name: text,
    key: text,
    reason: text,
    from: text,
    requires: texts,
    after: texts,
    muted: flag,
    failures: count,
    taps: listOf(objectOf<B.PluginStatus['taps'][number]>({ hook: text, stage: number, critical: flag })),
    provides: texts,
    uses: texts,
    keys: texts,
    timings_ms: objectOf<B.PluginStatus['timings_ms']>({ resolve: number, setup: number, layer: number }),
  }),
  WhoAmI: objectOf<B.WhoAmI>({
    caller: text,
    role: wordOf('read', 'operate', 'admin'),
    transport: wordOf('unix', 'tcp', 'tls'),
    peer: optional(text),
    version: text,
    pid: whole,
  }),
  Liveness: objectOf<B.Liveness>({ status: wordOf('ok') }),
  Readiness: objectOf<B.Readiness>({
    status: wordOf('ready', 'not ready'),
    phase,
    waiting: listOf(
      objectOf<B.Readiness['waiting'][number]>({ process: text, state: stateSchema, reason: optional(text) }),
    ),
  }),
  HealthAnswer: objectOf<B.HealthAnswer>({ status: wordOf('healthy') }),
  RunList: objectOf<B.RunList>({ process: optional(text), runs: listOf(refTo('RunRecord')) }),
  RunRecord: objectOf<B.RunRecord>({
    process: text,
    instance: text,
    started_at: orNull(moment),
    ended_at: orNull(moment),
    success: orNull(flag),
    exit_code: orNull(whole),
    signal: orNull(text),
    text,
  }),
  MetricsHistory: objectOf<B.MetricsHistory>({
    process: text,
    instance: text,
    samples: listOf(
      objectOf<B.MetricsHistory['samples'][number]>({
        at: moment,
        cpu_percent: number,
        rss_bytes: count,
        threads: count,
        fds: count,
      }),
    ),
  }),
  OpenApi: { type: 'object' },
};
