import type { Declaration } from '@pm-supervisor/client';
import { readDeclared, withPlaces } from '../control/declared.ts';
import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatDiff } from '../render/diff.ts';
import type { Verb } from '../verbs.ts';

/** `pm apply`: makes the dynamic processes that carry a label exactly those of a file. */
export const apply: Verb = createControlVerb({
  declare: (command) =>
    declareWait(command.argument('<file>', 'YAML, JSON or TOML with a map "processes"; - is standard input'))
      .requiredOption('--label <KEY=VALUE>', 'the set: whatever else carries this label is removed')
      .option('--dry-run', 'show what would change, change nothing'),
  examples: {
    'pm apply router.yaml --label owner=router': 'create, update and remove until the set is exactly this',
    'pm apply router.yaml --label owner=router --dry-run': 'what that would change',
  },
  run: async (call) => {
    const {
      args: [file = ''],
      client,
      options,
      context,
      json,
      paint,
    } = call;
    const dryRun = options['dryRun'] === true;
    const declared = await readDeclared(file, undefined, context);
    const operation = await withPlaces(declared, () =>
      client.reconcile(String(options['label']), declared.processes as Record<string, Declaration>, {
        ...toWait(options),
        dryRun,
      }),
    );
    if (json || operation.state === 'running') return tellOutcome(operation, call, { isDone: () => true });
    context.stdout.write(`${formatDiff(operation.diff, { dryRun, paint }).join('\n')}\n`);
    return exitCodes.ok;
  },
});
