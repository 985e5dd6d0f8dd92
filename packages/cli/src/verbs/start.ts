import { isUp } from '../control/states.ts';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import type { Verb } from '../verbs.ts';

/** `pm start`: exit 0 when all of it is ready (a oneshot: done), 1 when something is not. */
export const start: Verb = createControlVerb({
  declare: (command) =>
    declareWait(command.argument('<name...>', 'processes, instances, bundles, vpn@eu of a template, label=KEY=VALUE')),
  examples: {
    'pm start web': 'web and what it needs; returns when it is ready',
    'pm start vpn@eu': 'an instance of the template "vpn@"',
    'pm start label=tier=queue --no-wait': 'all that carry the label, without waiting',
  },
  run: async (call) => tellOutcome(await call.client.start(call.args, toWait(call.options)), call, { isDone: isUp }),
});
