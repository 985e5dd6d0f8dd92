import { tellOutcome } from '../control/outcome.ts';
import { createControlVerb, type ControlCall } from '../control/verb.ts';
import { declareWait, toWait } from '../control/wait.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatDiff } from '../render/diff.ts';
import { UsageError } from '../usage-error.ts';
import type { Verb } from '../verbs.ts';

/** `pm reload`: of processes their own way to reload; without a name the configuration. */
export const reload: Verb = createControlVerb({
  declare: (command) =>
    declareWait(
      command.argument(
        '[name...]',
        'processes that have a reload_command or reload_signal (default: the configuration)',
      ),
    ).option('--dry-run', 'of the configuration: show what would change, change nothing'),
  examples: {
    'pm reload': 'read the configuration again and apply the least change; a broken one changes nothing',
    'pm reload --dry-run': 'what that would change',
    'pm reload nginx': 'run its reload_command, or send its reload_signal',
  },
  run: (call) => (call.args.length === 0 ? reloadConfig(call) : reloadProcesses(call)),
});

async function reloadProcesses(call: ControlCall): Promise<number> {
  if (call.options['dryRun'] === true)
    throw new UsageError('--dry-run is about the configuration', 'Leave the names out.');
  const operation = await call.client.reload(call.args, toWait(call.options));
  return tellOutcome(operation, call, { isDone: () => true, say: ({ name }) => `${name} is reloaded` });
}

async function reloadConfig(call: ControlCall): Promise<number> {
  const { client, context, json, options, paint } = call;
  const dryRun = options['dryRun'] === true;
  const operation = await client.reloadConfig({ ...toWait(options), dryRun });
  if (json || operation.state === 'running') return tellOutcome(operation, call, { isDone: () => true });
  context.stdout.write(`${formatDiff(operation.diff, { dryRun, paint }).join('\n')}\n`);
  return exitCodes.ok;
}
