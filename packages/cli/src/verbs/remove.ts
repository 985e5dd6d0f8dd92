import type { Operation } from '@pm-supervisor/client';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verbs.ts';

/** `pm remove`: stops and forgets processes that were declared at run time, by name or by label. */
export const remove: Verb = createControlVerb({
  declare: (command) =>
    declareWait(command.argument('<name...>', 'processes declared at run time, or label=KEY=VALUE')),
  examples: {
    'pm remove nap': 'stops it gracefully, then forgets it',
    'pm remove label=owner=router': 'all that carry the label',
  },
  run: async (call) => {
    let worst = 0;
    for (const name of call.args) worst = Math.max(worst, tell(name, await removeOne(name, call), call));
    return worst;
  },
});

const byLabel = 'label=';

function removeOne(name: string, { client, options }: ControlCall): Promise<Operation> {
  const waiting = toWait(options);
  return name.startsWith(byLabel)
    ? client.removeLabelled(name.slice(byLabel.length), waiting)
    : client.remove(name, waiting);
}

function tell(name: string, operation: Operation, call: ControlCall): number {
  if (call.json || operation.state === 'running') return tellOutcome(operation, call, { isDone: () => true });
  const removed = operation.diff?.removed ?? (operation.changed ? [name] : []);
  call.context.stdout.write(
    removed.length === 0 ? `${name}: nothing to remove\n` : removed.map((it) => `${it} removed\n`).join(''),
  );
  return exitCodes.ok;
}
