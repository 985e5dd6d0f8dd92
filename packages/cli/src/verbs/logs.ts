import { Option } from 'commander';
import type { LogLine, LogQuery } from '@pm-supervisor/client';
import { createOutlet } from '../control/outlet.ts';
import { mapEach, toStreamOptions, writeAll } from '../control/stream.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { exitCodes } from '../exit-codes.ts';
import { createLogFormat } from '../render/logs.ts';
import { UsageError } from '../usage-error.ts';
import type { Verb } from '../verbs.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
const mostLines = 100_000;

/** `pm logs`: what the supervisor keeps of each instance (`log_buffer` lines), and with `-f` what comes. */
export const logs: Verb = createControlVerb({
  declare: (command) =>
    command
      .argument('[name...]', 'processes, instances, bundles, label=KEY=VALUE, pm for its own (default: all)')
      .option('-f, --follow', 'go on with what is written from now on, until Ctrl+C')
      .option('-n, --tail <N>', 'the newest lines (default: 100)')
      .option('--since <TIME>', 'not older than 5m, or than 2026-01-31T12:00:00Z')
      .addOption(new Option('--level <LEVEL>', 'this level and above').choices(levels)),
  examples: {
    'pm logs web': 'the last 100 lines of every instance of web, in the order of time',
    'pm logs -f --tail 0 queue-2': 'what one instance writes from now on',
    'pm logs --since 5m --level error': 'the errors of the last five minutes',
    'pm logs --json | jq -r .msg': 'a JSON object a line',
  },
  run: async (call) => {
    const { client, json, paint, options, args } = call;
    const query = toQuery(args, options);
    const format = json ? (line: LogLine) => JSON.stringify(line) : createLogFormat(paint);
    if (options['follow'] === true)
      return writeAll(mapEach(client.followLogs(query, toStreamOptions(call)), format), call);
    const lines = await client.logs(query);
    await createOutlet(call.context.stdout).send(lines.map((line) => `${format(line)}\n`).join(''));
    return exitCodes.ok;
  },
});

function toQuery(names: readonly string[], { tail, since, level }: ControlCall['options']): LogQuery {
  return {
    ...(names.length === 0 ? {} : { name: names }),
    ...(tail === undefined ? {} : { tail: toTail(tail) }),
    ...(typeof since === 'string' ? { since } : {}),
    ...(level === undefined ? {} : { level: level as (typeof levels)[number] }),
  };
}

function toTail(value: unknown): number {
  const number = Number(value);
  if (typeof value === 'string' && /^\d+$/.test(value) && number <= mostLines) return number;
  throw new UsageError(`--tail ${String(value)} is no number of lines`, `Write a number up to ${mostLines}.`);
}
