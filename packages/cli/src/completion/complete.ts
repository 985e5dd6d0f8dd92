import type { Argument, Command, Option } from 'commander';
import { shells } from './scripts.ts';

/** One way to go on. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What completion is made from. */
export interface Vocabulary {
  /** Verbs and what they do, in order. */
  readonly verbs: Readonly<Record<string, string>>;
  /** What a verb accepts; undefined: there is no such verb. */
  command(verb: string): Promise<Command | undefined>;
  /** What processes and instances are there, as far as they can be asked for. */
  names(): Promise<readonly Candidate[]>;
}

/** What may follow; `files` asks the shell for the names of files. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

const nothing: Completion = { candidates: [], files: false };
const files: Completion = { candidates: [], files: true };

/** What may stand for the last of `words` (what follows `pm`), which may be empty or incomplete. */
export async function complete(words: readonly string[], vocabulary: Vocabulary): Promise<Completion> {
  const [verb = '', ...rest] = words;
  if (words.length <= 1 || (verb === 'help' && words.length === 2)) return completeVerb(words.at(-1) ?? '', vocabulary);
  const command = await vocabulary.command(verb);
  if (command === undefined) return nothing;
  const found = await completeRest(rest, command, vocabulary);
  const prefix = words.at(-1) ?? '';
  const candidates = found.candidates.filter(
    ({ value }) => value.startsWith(prefix) && !rest.slice(0, -1).includes(value),
  );
  return { ...found, candidates };
}

function completeVerb(prefix: string, { verbs }: Vocabulary): Completion {
  const all = Object.entries(verbs).map(([value, description]) => ({ value, description }));
  return { ...nothing, candidates: all.filter(({ value }) => value.startsWith(prefix)) };
}

async function completeRest(rest: readonly string[], command: Command, vocabulary: Vocabulary): Promise<Completion> {
  const before = rest.slice(0, -1);
  const last = rest.at(-1) ?? '';
  const open = last.startsWith('-') ? undefined : findOpenOption(before, command);
  if (open !== undefined) return completeValue(open, vocabulary);
  if (last.startsWith('-') && !before.includes('--')) return { ...nothing, candidates: listOptions(command) };
  const argument = findArgument(before, command);
  return argument === undefined ? nothing : completeArgument(argument, vocabulary);
}

/** The option that the word before the last one is, where it needs a value, or takes several. */
function findOpenOption(before: readonly string[], command: Command): Option | undefined {
  for (const word of before.toReversed()) {
    if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => word === long || word === short);
      const isOpen = option !== undefined && option.required && (option.variadic || word === before.at(-1));
      return isOpen ? option : undefined;
    }
  }
  return undefined;
}

function listOptions({ options }: Command): Candidate[] {
  const visible = options.filter(({ hidden }) => !hidden);
  const all = visible.map(({ long, short, description }) => ({ value: long ?? short ?? '', description }));
  return [...all, { value: '--help', description: 'show help' }];
}

/** Values of options are not arguments. */
function findArgument(before: readonly string[], command: Command): Argument | undefined {
  let taken = 0;
  for (const [index, word] of before.entries()) {
    if (!word.startsWith('-') && findOpenOption(before.slice(0, index), command) === undefined) taken += 1;
  }
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[taken] ?? (last?.variadic === true ? last : undefined);
}

/** Names of arguments say what they are: `<name...>`, `<file>`. */
async function completeArgument(argument: Argument, vocabulary: Vocabulary): Promise<Completion> {
  if (argument.argChoices !== undefined) return { ...nothing, candidates: toCandidates(argument.argChoices) };
  switch (argument.name()) {
    case 'name':
      return { ...nothing, candidates: await vocabulary.names() };
    case 'file':
      return files;
    case 'shell':
      return { ...nothing, candidates: toCandidates(shells) };
    case 'signal':
      return { ...nothing, candidates: toCandidates(['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'WINCH', 'KILL']) };
    default:
      return nothing;
  }
}

async function completeValue({ argChoices, flags }: Option, vocabulary: Vocabulary): Promise<Completion> {
  if (argChoices !== undefined) return { ...nothing, candidates: toCandidates(argChoices) };
  if (/<(FILE|PATH)>/.test(flags)) return files;
  return /<NAME(…|\.\.\.)>/.test(flags) ? { ...nothing, candidates: await vocabulary.names() } : nothing;
}

function toCandidates(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value }));
}
