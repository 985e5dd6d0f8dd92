import type { Operation } from '@pm-supervisor/client';
import { isDown, isUp } from '../control/states.ts';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import { UsageError } from '../usage-error.ts';
import type { Verb } from '../verbs.ts';

/** `pm scale`: exit 0 when that many instances are ready. */
export const scale: Verb = createControlVerb({
  declare: (command) =>
    declareWait(
      command
        .argument('<name>', 'a process')
        .argument('<count>', 'how many instances: 4, or +1, -1 of what it has now'),
    ),
  examples: {
    'pm scale queue 4': 'four instances',
    'pm scale queue +1': 'one more',
    'pm scale queue 0': 'none; it can be scaled up again',
  },
  run: async (call) => {
    const {
      client,
      args: [name = '', count = ''],
      options,
    } = call;
    const operation = await client.scale(name, toScale(count), toWait(options));
    const instances = toInstances(operation);
    return tellOutcome(operation, call, {
      isDone: instances === 0 ? isDown : isUp,
      say: (subject, changed) =>
        `${subject.name} has ${instances} ${instances === 1 ? 'instance' : 'instances'}${changed ? '' : ' already'}: ${subject.state}`,
    });
  },
});

/** Pure. Throws UsageError. */
export function toScale(text: string): number | { readonly by: number } {
  if (!/^[+-]?\d{1,6}$/.test(text)) throw new UsageError(`"${text}" is no number of instances`, 'Write 4, +1 or -1.');
  return /^[+-]/.test(text) ? { by: Number(text) } : Number(text);
}

function toInstances({ processes }: Operation): number {
  return processes[0]?.scale ?? 0;
}
