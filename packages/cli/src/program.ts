import { Command, CommanderError } from 'commander';
import { boot, restoreSignals } from './boot.ts';
import type { CliContext } from './context.ts';
import type { Half } from './entry/entry.ts';
import { exitCodes } from './exit-codes.ts';
import { closest } from '@pm-supervisor/core';
import { UsageError } from './usage-error.ts';
import { verbs, type Verb } from './verbs.ts';

const about = 'pm, a plugin-based process supervisor for containers.';

const examples = `
Examples:
  pm run                          start what pm.yaml describes
  pm run --only web -- bash       the web process and what it needs, and a shell beside it
  pm check                        find every mistake before a deploy does
  pm plan --explain               who set which key

Each verb answers on standard output and explains itself with --help.`;

/** The half of pm that asks. */
export const start: Half['start'] = (entry) => {
  restoreSignals(entry);
  return boot(entry, runProgram);
};

/** Runs any verb but `run`, and resolves with its exit code. Never rejects. */
export async function runProgram(context: CliContext): Promise<number> {
  try {
    return await runVerb(context);
  } catch (error) {
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, context);
  }
}

/** Runs any verb but `run`. Rejects with UsageError, or with what the verb rejects with. */
export async function runVerb(context: CliContext): Promise<number> {
  const [name = '', ...rest] = context.argv;
  if (['-V', '--version'].includes(name)) return runNamed('version', rest, context);
  if (name === 'help' && rest[0] !== undefined) return runNamed(rest[0], ['--help'], context);
  if (['-h', '--help', 'help'].includes(name)) return showHelp(context);
  return runNamed(name, rest, context);
}

async function runNamed(name: string, argv: readonly string[], context: CliContext): Promise<number> {
  if (name === 'run') return showRunHelp(context);
  const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (entry === undefined) throw toUnknownVerb(name);
  return parseAndRun(name, entry.summary, await entry.load(), { argv, context });
}

function toUnknownVerb(name: string): UsageError {
  const names = ['run', ...Object.keys(verbs)];
  const meant = closest(name, names);
  const hint = meant === undefined ? `The verbs are ${names.join(', ')}.` : `Did you mean "pm ${meant}"?`;
  return new UsageError(`unknown verb "${name}"`, hint);
}

async function parseAndRun(
  name: string,
  summary: string,
  verb: Verb,
  call: { argv: readonly string[]; context: CliContext },
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const command = verb.declare(quiet(new Command(`pm ${name}`), call.context)).description(summary);
  command.action(async () => {
    exitCode = await verb.run({ args: command.args, options: command.opts() }, call.context);
  });
  try {
    await command.parseAsync(call.argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    throw toUsageError(name, error);
  }
}

/** Commander prints and exits by itself; here both are ours. */
function quiet(command: Command, context: CliContext): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => undefined })
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false);
}

/** Commander says `error: unknown option '--jsn'` and, on a line of its own, `(Did you mean --json?)`. */
function toUsageError(verb: string, error: CommanderError): UsageError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint = suggestion === undefined ? `See pm ${verb} --help.` : suggestion.replace(/^\(|\)$/g, '');
  return new UsageError(`${verb}: ${message}`, hint);
}

function showHelp(context: CliContext): number {
  const program = quiet(new Command('pm'), context).description(about).usage('[verb] [options]');
  program
    .command('run', { isDefault: true })
    .description('start and supervise what the configuration describes (the default)');
  for (const [name, { summary }] of Object.entries(verbs)) program.command(name).description(summary);
  program.option('-V, --version', 'print the version').helpCommand('help [verb]', 'show help, of all or of one verb');
  context.stdout.write(`${program.helpInformation().trimEnd()}\n${examples}\n`);
  return exitCodes.ok;
}

/** The options of run come from the table its own parser uses. */
export async function showRunHelp(context: CliContext): Promise<number> {
  const { runOptions } = await import('./run-arguments.ts');
  const command = quiet(new Command('pm run'), context)
    .usage('[options] [-- COMMAND…]')
    .description(
      'Starts and supervises what the configuration describes.\nA command after "--" runs in the foreground; its end stops the rest, and its exit code is that of pm.',
    );
  for (const [name, option] of Object.entries(runOptions)) {
    if (name !== 'help')
      command.option(option.type === 'string' ? `--${name} <${option.value}>` : `--${name}`, option.summary);
  }
  context.stdout.write(`${command.helpInformation().trimEnd()}\n`);
  return exitCodes.ok;
}
