import { isDown } from '../control/states.ts';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import type { Verb } from '../verbs.ts';

/** `pm stop`: exit 0 when nothing of it runs any more. */
export const stop: Verb = createControlVerb({
  declare: (command) => declareWait(command.argument('<name...>', 'processes, instances, bundles, label=KEY=VALUE')),
  examples: {
    'pm stop web': 'gracefully; it stays down until it is started',
    'pm stop queue-2': 'one instance',
    'pm stop web --timeout 10s': 'exit 1 when it is not down after 10 s; it goes on stopping',
  },
  run: async (call) => tellOutcome(await call.client.stop(call.args, toWait(call.options)), call, { isDone: isDown }),
});
