import type { JsonSchema } from './schema.ts';

/** One parameter of a path or query. */
export interface ParamInfo {
  readonly description: string;
  readonly schema: JsonSchema;
}

/** What a client may give for each kind of parameter. */
export interface ParamTypes {
  Target: string;
  Name: string;
  OperationId: string;
  Wait: string | number;
  DryRun: boolean;
  Rolling: boolean;
  Follow: boolean;
  Usage: boolean;
  Targets: string;
  Label: string;
  Tail: number;
  After: string;
  Sequence: number;
  Level: 'debug' | 'info' | 'warn' | 'error';
  Stream: 'stdout' | 'stderr';
  Types: string;
}

export type ParamKind = keyof ParamTypes;

const flag: JsonSchema = { type: 'boolean' };

/** Every kind of parameter. The name it goes by is that of the route. */
export const paramKinds: { readonly [K in ParamKind]: ParamInfo } = {
  Target: {
    description:
      'A process, an instance (`queue-2`), a bundle, an instance of a template (`vpn@eu`) or `label=KEY=VALUE`; several are joined by commas.',
    schema: { type: 'string', minLength: 1, maxLength: 8000 },
  },
  Name: { description: 'The name of a process.', schema: { type: 'string', minLength: 1, maxLength: 200 } },
  OperationId: { description: 'As the command answered it.', schema: { type: 'string', maxLength: 40 } },
  Wait: {
    description:
      'How long to wait for the final state: `30s`, `500ms`, or seconds; at most an hour. Without it, or when the time is over, the answer is 202 with the operation, which goes on.',
    schema: { type: 'string', pattern: '^(\\d+(\\.\\d+)?(h|m|s|ms)?)+$', maxLength: 20, examples: ['30s'] },
  },
  DryRun: { description: 'Change nothing, answer what would be changed.', schema: flag },
  Rolling: { description: 'One instance at a time, the next when the last is ready.', schema: flag },
  Follow: {
    description: 'A stream of what comes from now on (server-sent events), until one side ends it.',
    schema: flag,
  },
  Usage: { description: 'Measure CPU, memory, threads and files. Default true.', schema: flag },
  Targets: {
    description: 'Only these: names of processes, instances, bundles, or `label=KEY=VALUE`, joined by commas.',
    schema: { type: 'string', maxLength: 8000 },
  },
  Label: {
    description: '`KEY=VALUE`.',
    schema: { type: 'string', pattern: '^[^=:]+[=:].*$', maxLength: 500, examples: ['owner=router'] },
  },
  Tail: {
    description: 'At most this many lines, the newest. Default 100.',
    schema: { type: 'integer', minimum: 0, maximum: 100_000 },
  },
  After: {
    description: 'Only what is not older: a time (RFC 3339), or a duration before now (`5m`).',
    schema: { type: 'string', maxLength: 40, examples: ['2026-01-31T12:00:00Z', '5m'] },
  },
  Sequence: {
    description: 'Number of the last event that is known already; 0 is before the first.',
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  },
  Level: {
    description: 'This level and those above it.',
    schema: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] },
  },
  Stream: { description: 'Only this stream.', schema: { type: 'string', enum: ['stdout', 'stderr'] } },
  Types: {
    description: 'Only events of these types, joined by commas; `instance.*` is a whole group.',
    schema: { type: 'string', maxLength: 1000 },
  },
};
