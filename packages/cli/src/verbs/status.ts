import type { Client, ProcessStatus, Status } from '@pm-supervisor/client';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { mapEach, toStreamOptions, writeAll } from '../control/stream.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatHead, formatStatus, isFine, toNow, toRows } from '../render/status.ts';
import { inPlace } from '../render/in-place.ts';
import { readSize } from '../terminal.ts';
import type { Verb } from '../verbs.ts';

/** `pm status`: exit 0 when all is fine, 1 when something is not, 3 when no supervisor runs. */
export const status: Verb = createControlVerb({
  declare: (command) =>
    command
      .argument('[name...]', 'processes, instances, bundles, label=KEY=VALUE (default: all)')
      .option('-w, --watch', 'show it again whenever something changes, until Ctrl+C'),
  examples: {
    'pm status': 'everything',
    'pm status web label=tier=queue': 'some of it',
    'pm status --json | jq .ready': 'for programs',
    'pm status > /dev/null || alert': 'exit 1: something is not as it should be; 3: pm does not run',
  },
  run: (call) => (call.options['watch'] === true ? watch(call) : showOnce(call)),
});

async function showOnce(call: ControlCall): Promise<number> {
  const view = await look(call);
  call.context.stdout.write(toAnswer(view, call));
  return view.processes.every(isFine) ? exitCodes.ok : exitCodes.failed;
}

async function look({ client, args }: Pick<ControlCall, 'client' | 'args'>): Promise<Status> {
  const [all, chosen] = await Promise.all([client.status(), chooseNames(client, args)]);
  return chosen === undefined ? all : { ...all, processes: choose(all.processes, chosen) };
}

/** What names stand for is the supervisor's to say: bundles, labels, and what was meant by a name that is none. */
async function chooseNames(client: Client, names: readonly string[]): Promise<ReadonlySet<string> | undefined> {
  if (names.length === 0) return undefined;
  const processes = await client.processes({ name: names, usage: false });
  return new Set(processes.map(({ name }) => name));
}

function choose(processes: readonly ProcessStatus[], names: ReadonlySet<string>): ProcessStatus[] {
  return processes.filter(({ name }) => names.has(name));
}

function toAnswer(view: Status, { json, paint, context: { stdout } }: ControlCall): string {
  if (json) return `${JSON.stringify(view, undefined, 2)}\n`;
  const width = readSize(stdout)?.columns;
  const table = formatStatus({
    rows: toRows(view.processes),
    now: toNow(view),
    paint,
    ...(width === undefined ? {} : { width }),
  });
  return `${[paint('bold', formatHead(view)), '', ...table].join('\n')}\n`;
}

/** Often enough for eyes, and for the times that pass without an event. */
const calmMs = 200;
const refreshMs = 2000;

/** On a terminal in place; else one after the other, JSON on a line each. */
async function watch(call: ControlCall): Promise<number> {
  const { client, args, json, context } = call;
  const chosen = await chooseNames(client, args);
  const toText = (all: Status): string => {
    const view = chosen === undefined ? all : { ...all, processes: choose(all.processes, chosen) };
    if (json) return JSON.stringify(view);
    const text = toAnswer(view, call).trimEnd();
    const size = readSize(context.stdout);
    return size === undefined ? text : inPlace(text.split('\n'), size.rows);
  };
  return writeAll(mapEach(client.watch({ ...toStreamOptions(call), calmMs, refreshMs }), toText), call);
}
