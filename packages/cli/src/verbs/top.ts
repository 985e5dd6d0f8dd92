import { createControlVerb } from '../control/verb.ts';
import { exitCodes } from '../exit-codes.ts';
import { runTop } from '../top/top.ts';
import { UsageError } from '../usage-error.ts';
import type { Verb } from '../verbs.ts';

/** `pm top`: a live view with keys. Leaving it stops nothing. */
export const top: Verb = createControlVerb({
  declare: (command) => command,
  examples: { 'pm top': 'processes, CPU, memory, and what the chosen one writes; ? lists the keys' },
  hasJson: false,
  async run({ client, context, paint }) {
    if (!context.hasTerminal || !context.stdout.isTerminal) {
      throw new UsageError(
        'pm top needs a terminal',
        'In a container: docker exec -it. For programs there is "pm status --watch --json".',
      );
    }
    // Asked before the terminal is taken over: that nobody answers is told as everywhere.
    await client.whoAmI();
    await runTop({ client, paint });
    return exitCodes.ok;
  },
});
