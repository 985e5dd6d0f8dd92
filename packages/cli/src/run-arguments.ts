import { parseArgs } from 'node:util';
import { closest } from '@pm-supervisor/core';
import { UsageError } from './usage-error.ts';

/** The options of `pm run`, once: parsed on the boot path without commander, and listed by `pm run --help`. */
export const runOptions = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: 'the configuration (default: PM_CONFIG, else found here or in /etc/pm)',
  },
  profile: { type: 'string', value: 'NAME', summary: 'apply this profile of the configuration (default: PM_PROFILE)' },
  only: {
    type: 'string',
    value: 'NAME…',
    multiple: true,
    summary: 'run just these processes or bundles, and what they need',
  },
  watch: { type: 'boolean', summary: 'reload when the configuration changes' },
  'dry-run': { type: 'boolean', summary: 'check, print what would be started, start nothing' },
  help: { type: 'boolean', short: 'h', summary: 'show this help' },
} as const;

export interface RunArguments {
  readonly configPath?: string;
  readonly profile?: string;
  /** Empty: everything that boots. */
  readonly only: readonly string[];
  readonly watch: boolean;
  readonly dryRun: boolean;
  readonly help: boolean;
  /** What follows `--`; empty: none. */
  readonly command: readonly string[];
}

/**
 * Parses what follows `pm run`. `--only` takes every name up to the next option, also comma-separated.
 * Throws UsageError.
 */
export function parseRunArguments(argv: readonly string[]): RunArguments {
  const terminator = argv.indexOf('--');
  const own = terminator === -1 ? argv : argv.slice(0, terminator);
  const command = terminator === -1 ? [] : argv.slice(terminator + 1);
  if (terminator !== -1 && command.length === 0)
    throw new UsageError('nothing follows "--"', 'Write the command to run there: pm run -- bash');

  // Most containers start it so, and loading the parser would cost them half a millisecond.
  if (own.length === 0) return toRunArguments(new Map(), command);
  const { tokens } = parseArgs({
    args: [...own],
    options: runOptions,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  let last: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional' && last !== 'only') throw toStrayError(token.value);
    const name = token.kind === 'positional' ? 'only' : toKnownOption(token.rawName, token.name);
    if (token.kind === 'option') checkValue(token.rawName, name, token.value);
    values.set(name, [...(values.get(name) ?? []), ...(token.value === undefined ? [] : [token.value])]);
    last = name;
  }
  return toRunArguments(values, command);
}

type OptionName = keyof typeof runOptions;

function toKnownOption(rawName: string, name: string): OptionName {
  if (name in runOptions) return name as OptionName;
  const known = Object.keys(runOptions).map((option) => `--${option}`);
  const meant = closest(rawName, known);
  throw new UsageError(
    `unknown option "${rawName}"`,
    meant === undefined ? `The options of pm run are ${known.join(', ')}.` : `Did you mean "${meant}"?`,
  );
}

function checkValue(rawName: string, name: OptionName, value: string | undefined): void {
  const { type } = runOptions[name];
  if (type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value, got "${value}"`);
  if (type !== 'string') return;
  if (value === undefined || value === '' || value.startsWith('-')) {
    throw new UsageError(`${rawName} needs a value`, `Write it as ${rawName} ${runOptions[name].value}.`);
  }
}

function toStrayError(word: string): UsageError {
  const looksLikeFile = /\.(ya?ml|json|toml|[cm]?[jt]s)$/.test(word);
  return looksLikeFile
    ? new UsageError(`unexpected "${word}"`, `A configuration is named with --config ${word}.`)
    : new UsageError(
        `unexpected "${word}"`,
        `To run just some processes: --only ${word}. To run a command beside the services: -- ${word}`,
      );
}

function toRunArguments(values: ReadonlyMap<string, readonly string[]>, command: readonly string[]): RunArguments {
  const configPath = toSingle(values, 'config');
  const profile = toSingle(values, 'profile');
  return {
    ...(configPath === undefined ? {} : { configPath }),
    ...(profile === undefined ? {} : { profile }),
    only: [...new Set((values.get('only') ?? []).flatMap((names) => names.split(',')).filter((name) => name !== ''))],
    watch: values.has('watch'),
    dryRun: values.has('dry-run'),
    help: values.has('help'),
    command,
  };
}

function toSingle(values: ReadonlyMap<string, readonly string[]>, name: OptionName): string | undefined {
  const given = values.get(name) ?? [];
  if (given.length > 1) throw new UsageError(`--${name} is given ${given.length} times`, 'Keep one of them.');
  return given[0];
}
