import { ClientError, createClient } from '@pm-supervisor/client';
import { ConfigError } from '@pm-supervisor/core';
import { Command, Option } from 'commander';
import { complete, type Candidate, type Vocabulary } from '../completion/complete.ts';
import { filesLine, scripts, shells, type Shell } from '../completion/scripts.ts';
import { toClientOptions } from '../control/connection.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { runOptions } from '../run-arguments.ts';
import { UsageError } from '../usage-error.ts';
import { verbs, type Verb } from '../verbs.ts';

/** `pm completion SHELL`: prints what teaches a shell to complete. The shell then asks it with `--complete`. */
export const completion: Verb = {
  declare: (command) =>
    command
      .argument('[shell]', shells.join(', '))
      .addOption(new Option('--complete', 'answer what may follow these words').hideHelp())
      .allowExcessArguments(true)
      .addHelpText(
        'after',
        '\nExamples:\n  source <(pm completion bash)       in ~/.bashrc\n  source <(pm completion zsh)        in ~/.zshrc, after compinit\n  pm completion fish | source        in ~/.config/fish/config.fish',
      ),
  async run({ args, options }, context) {
    if (options['complete'] === true) return answer(args, context);
    context.stdout.write(scripts[toShell(args)]);
    return exitCodes.ok;
  },
};

function toShell([name, ...more]: readonly string[]): Shell {
  const known = shells.find((shell) => shell === name);
  if (known !== undefined && more.length === 0) return known;
  throw new UsageError(
    name === undefined ? 'which shell?' : `"${[name, ...more].join(' ')}" is no shell that is known`,
    `One of ${shells.join(', ')}.`,
  );
}

/** A shell that completes must never see an error. */
async function answer(words: readonly string[], context: CliContext): Promise<number> {
  const { candidates, files } = await complete(words, createVocabulary(words, context));
  const lines = candidates.map(({ value, description }) =>
    description === undefined ? value : `${value}\t${description.split('\n')[0]}`,
  );
  context.stdout.write([...lines, ...(files ? [filesLine] : [])].map((line) => `${line}\n`).join(''));
  return exitCodes.ok;
}

function createVocabulary(words: readonly string[], context: CliContext): Vocabulary {
  const summaries = Object.entries(verbs).map(([name, { summary }]) => [name, summary] as const);
  return {
    verbs: {
      run: 'start and supervise what the configuration describes',
      ...Object.fromEntries(summaries),
      help: 'show help',
    },
    command: async (name) => {
      if (name === 'run') return createRunCommand();
      const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
      return entry === undefined ? undefined : (await entry.load()).declare(new Command(name));
    },
    names: () => askNames(words, context),
  };
}

function createRunCommand(): Command {
  const command = new Command('run');
  for (const [name, option] of Object.entries(runOptions)) {
    if (name !== 'help')
      command.option(option.type === 'string' ? `--${name} <${option.value}>` : `--${name}`, option.summary);
  }
  return command;
}

/** Somebody waits at a prompt: rather no names than late ones. */
const patienceMs = 500;

async function askNames(words: readonly string[], context: CliContext): Promise<readonly Candidate[]> {
  const options = {
    socket: valueOf('--socket', words),
    url: valueOf('--url', words),
    caFile: valueOf('--ca-file', words),
    certFile: valueOf('--cert-file', words),
    keyFile: valueOf('--key-file', words),
  };
  try {
    const client = createClient(await toClientOptions(options, context));
    const processes = await client.processes({ usage: false, timeoutMs: patienceMs });
    client.close();
    return processes.flatMap(({ name, state, instances }) => [
      { value: name, description: state },
      ...(instances.length < 2
        ? []
        : instances.map((instance) => ({ value: instance.id, description: instance.state }))),
    ]);
  } catch (error) {
    if (error instanceof ClientError || error instanceof UsageError || error instanceof ConfigError) return [];
    throw error;
  }
}

function valueOf(option: string, words: readonly string[]): string | undefined {
  const at = words.indexOf(option);
  return at === -1 ? undefined : words[at + 1];
}
