import type { Declaration, Operation } from '@pm-supervisor/client';
import { orderByNeeds } from '../control/declared-order.ts';
import { readDeclared, withPlaces } from '../control/declared.ts';
import { isDown, isUp } from '../control/states.ts';
import { tellOutcome, type Subject } from '../control/outcome.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import type { Verb } from '../verbs.ts';

/** `pm add`: creates or updates processes at run time; they survive a reload. Exit 78 where the gates refuse them. */
export const add: Verb = createControlVerb({
  declare: (command) =>
    declareWait(command.argument('<file>', 'YAML, JSON or TOML with a map "processes"; - is standard input')).option(
      '--name <NAME>',
      'the file is the declaration of this one process',
    ),
  examples: {
    'pm add jobs.yaml': 'create what it declares, update what is there and different, leave the rest alone',
    "echo 'command: [sleep, 60]' | pm add --name nap -": 'one process from standard input',
  },
  run: async (call) => {
    const {
      args: [file = ''],
      options,
      context,
    } = call;
    const declared = await readDeclared(file, options['name'] as string | undefined, context);
    let worst = 0;
    for (const name of orderByNeeds(declared.processes)) {
      const declaration = declared.processes[name] as Declaration;
      const operation = await withPlaces(declared, () => call.client.put(name, declaration, toWait(options)));
      worst = Math.max(worst, tell(await withState(name, operation, call), declaration, call));
    }
    return worst;
  },
});

/** Where nothing was changed the operation is about no process; how it is matters all the same. */
async function withState(name: string, operation: Operation, { client }: ControlCall): Promise<Operation> {
  const { processes } = operation;
  return { ...operation, processes: processes.length > 0 ? processes : await client.processes({ name, usage: false }) };
}

function tell(operation: Operation, declaration: Declaration, call: ControlCall): number {
  const what = operation.diff?.added.length === 0 ? 'updated' : 'created';
  return tellOutcome(operation, call, {
    isDone: (subject) => isUp(subject) || (isOnDemand(declaration) && isDown(subject)),
    say: ({ name, state }: Subject, changed) => `${name} ${changed ? what : 'is unchanged'}: ${state}`,
  });
}

function isOnDemand({ initial_state: initial, enabled }: Declaration): boolean {
  return initial === 'stopped' || enabled === false;
}
