import type { EventItem, EventMessage } from '@pm-supervisor/client';
import { createOutlet } from '../control/outlet.ts';
import { mapEach, toStreamOptions, writeAll } from '../control/stream.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatEvent } from '../render/events.ts';
import { UsageError } from '../usage-error.ts';
import type { Verb } from '../verbs.ts';

/** `pm events`: what the supervisor keeps of what happened, and with `-f` what happens. */
export const events: Verb = createControlVerb({
  declare: (command) =>
    command
      .option('-f, --follow', 'go on with what happens from now on, until Ctrl+C')
      .option('--since <SEQ>', 'those after this number; with -f without it: from now on')
      .option('--type <TYPE...>', 'only these types; instance.* is a whole group'),
  examples: {
    'pm events': 'what happened so far, oldest first',
    'pm events -f --type instance.*': 'what happens to instances from now on',
    'pm events -f --since 1200 --json': 'from a number on, a JSON object a line',
  },
  run: (call) => (call.options['follow'] === true ? follow(call) : showKept(call)),
});

type Query = { readonly since?: number; readonly types?: string };

async function showKept(call: ControlCall): Promise<number> {
  const page = await call.client.call('GET /api/v1/events', { query: { ...toQuery(call), follow: false } });
  if (page.gap && call.options['since'] !== undefined) tellGap(call);
  await createOutlet(call.context.stdout).send(page.events.map((event) => `${toText(event, call)}\n`).join(''));
  return exitCodes.ok;
}

function follow(call: ControlCall): Promise<number> {
  const toLine = (item: EventItem): string | undefined => {
    if (item.kind === 'gap') tellGap(call);
    return item.kind === 'event' ? toText(item.event, call) : undefined;
  };
  return writeAll(mapEach(call.client.events(toQuery(call), toStreamOptions(call)), toLine), call);
}

function toText(event: EventMessage, { json, paint }: ControlCall): string {
  return json ? JSON.stringify(event) : formatEvent(event, paint);
}

function tellGap({ context }: ControlCall): void {
  context.stderr.write('pm: some of these events are no longer kept\n');
}

function toQuery({ options }: ControlCall): Query {
  const { since, type } = options;
  return {
    ...(since === undefined ? {} : { since: toSequence(since) }),
    ...(type === undefined ? {} : { types: (type as string[]).join(',') }),
  };
}

function toSequence(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new UsageError(`--since ${String(value)} is no number of an event`, '"pm events" shows the numbers.');
}
