import { createControlVerb } from '../control/verb.ts';
import { tellOutcome } from '../control/outcome.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Verb } from '../verbs.ts';

/** `pm signal`: exit 0 when at least one process got it. */
export const signal: Verb = createControlVerb({
  declare: (command) =>
    command
      .argument('<name>', 'a process, an instance, a bundle, label=KEY=VALUE; several with commas')
      .argument('<signal>', 'HUP, SIGUSR1, …'),
  examples: {
    'pm signal nginx HUP': 'to the main process of every instance',
    'pm signal queue-2 SIGUSR1': 'to one instance',
  },
  run: async (call) => {
    const {
      client,
      context,
      args: [name = '', signalName = ''],
    } = call;
    const operation = await client.signal(name, signalName);
    if (!operation.changed && operation.state === 'succeeded') {
      context.stderr.write(`pm: nothing of ${name} runs that could get it\n`);
      return exitCodes.failed;
    }
    return tellOutcome(operation, call, {
      isDone: () => true,
      say: (subject) => `${signalName} sent to ${subject.name}`,
    });
  },
});
