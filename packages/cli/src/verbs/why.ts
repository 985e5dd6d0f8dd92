import type { Client, LogLine, Status } from '@pm-supervisor/client';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { exitCodes } from '../exit-codes.ts';
import { isFine, toNow } from '../render/status.ts';
import { cut, toPlain } from '../render/table.ts';
import type { Verb } from '../verbs.ts';
import { explain, toSentence, type Link } from '../why/chain.ts';

const longestOutput = 300;

/** `pm why`: the chain of causes in words. Exit 0 when all that was asked for is fine, else 1. */
export const why: Verb = createControlVerb({
  declare: (command) => command.argument('<name...>', 'processes, instances, bundles, label=KEY=VALUE'),
  examples: { 'pm why web': 'why it is not running or not ready, down to the cause' },
  run: async (call) => {
    const { client, args, context, json } = call;
    const [status, asked] = await Promise.all([
      client.status({ usage: false }),
      client.processes({ name: args, usage: false }),
    ]);
    const answers = await Promise.all(asked.map(({ name }) => answer(name, status, client)));
    const text = json
      ? JSON.stringify(answers, undefined, 2)
      : answers.map(({ chain }) => `${toPlain(toSentence(chain))}.`).join('\n');
    context.stdout.write(`${text}\n`);
    return asked.every(isFine) ? exitCodes.ok : exitCodes.failed;
  },
});

interface Answer {
  readonly name: string;
  readonly text: string;
  readonly chain: readonly Link[];
}

/** The chain is found first: only of those in it the output is asked for. */
async function answer(name: string, status: Status, client: ControlCall['client']): Promise<Answer> {
  const situation = { processes: status.processes, now: toNow(status) };
  const draft = explain(name, { ...situation, lastOutput: () => undefined });
  const instances = draft.flatMap(({ instance }) => (instance === undefined ? [] : [instance]));
  const outputs = new Map(
    await Promise.all(instances.map(async (id) => [id, await readLastLine(id, client)] as const)),
  );
  const chain = explain(name, { ...situation, lastOutput: (id) => outputs.get(id) });
  return { name, text: toSentence(chain), chain };
}

async function readLastLine(instance: string, client: Client): Promise<string | undefined> {
  const lines = await client.logs({ name: instance, tail: 20 });
  const last = lines.findLast(({ msg }: LogLine) => msg.trim() !== '');
  return last === undefined ? undefined : cut(toPlain(last.msg).trim(), longestOutput);
}
