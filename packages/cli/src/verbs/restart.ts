import { isUp } from '../control/states.ts';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import type { Verb } from '../verbs.ts';

/** `pm restart`: exit 0 when all of it is ready again. */
export const restart: Verb = createControlVerb({
  declare: (command) =>
    declareWait(command.argument('<name...>', 'processes, instances, bundles, label=KEY=VALUE')).option(
      '--rolling',
      'one instance at a time, the next when the last is ready; stops at the first that is not',
    ),
  examples: {
    'pm restart web': 'stops it, then starts it; starts it where it is down',
    'pm restart web --rolling': 'without ever being without an instance',
  },
  run: async (call) => {
    const rolling = call.options['rolling'] === true;
    return tellOutcome(await call.client.restart(call.args, { ...toWait(call.options), rolling }), call, {
      isDone: isUp,
    });
  },
});
