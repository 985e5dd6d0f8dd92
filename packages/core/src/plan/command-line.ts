import { expandInstance } from '../config/interpolate.ts';
import { splitWords } from './shell-words.ts';
import type { CommandProblem } from './shell-words.ts';
import type { CommandLine } from './spec.ts';

export type { CommandProblem } from './shell-words.ts';

export type ParsedCommand =
  | { readonly ok: true; readonly command: CommandLine; readonly warnings: readonly CommandProblem[] }
  | { readonly ok: false; readonly problem: CommandProblem };

/**
 * Turns what the user wrote under `command` into what is run. A list is taken as written; a string is split into words
 * without a shell, so that signals reach the program itself and nothing is interpreted. With `shell: true` the string
 * is one line for `/bin/sh -c`; with a path, for that shell.
 */
export function parseCommand(input: string | readonly string[], shell: boolean | string = false): ParsedCommand {
  const nul = findNul(input);
  if (nul !== undefined) return { ok: false, problem: nul };
  if (typeof input !== 'string') return shell === false ? fromList(input) : refuseListInShell();
  if (input.trim() === '')
    return refuse(
      'the command is empty',
      'Write the program to run, for example `command: [nginx, -g, "daemon off;"]`.',
    );
  return shell === false ? fromText(input) : fromShellLine(input, shell);
}

/** The argv that is executed: a shell line becomes `/bin/sh -c LINE`. */
export function toArgv(command: CommandLine): readonly [string, ...string[]] {
  return command.kind === 'argv' ? command.argv : ['/bin/sh', '-c', command.line];
}

/** The command as a person would type it, for messages and tables. */
export function formatCommand(command: CommandLine): string {
  return command.kind === 'shell' ? command.line : command.argv.map(quoteWord).join(' ');
}

/** Applies `change` to every word, or to the shell line. */
export function mapCommand(command: CommandLine, change: (text: string) => string): CommandLine {
  if (command.kind === 'shell') return { kind: 'shell', line: change(command.line) };
  const [program, ...rest] = command.argv;
  return { kind: 'argv', argv: [change(program), ...rest.map(change)] };
}

/** Puts the variables of one instance (`${PM_INSTANCE}`, `${PORT}`, …) into a command. */
export function expandCommand(command: CommandLine, variables: Readonly<Record<string, string>>): CommandLine {
  return mapCommand(command, (text) => expandInstance(text, variables));
}

function findNul(input: string | readonly string[]): CommandProblem | undefined {
  const words = typeof input === 'string' ? [input] : input;
  const index = words.findIndex((word) => word.includes('\0'));
  if (index === -1) return undefined;
  const place = typeof input === 'string' ? `character ${input.indexOf('\0') + 1}` : `word ${index + 1}`;
  return { message: `${place} holds a NUL byte, which no program can be given`, hint: 'Remove it.' };
}

function fromList(words: readonly string[]): ParsedCommand {
  const [program, ...rest] = words;
  if (program === undefined) {
    return refuse(
      'the command is an empty list',
      'Write the program and its arguments, for example `command: [php-fpm, -F]`.',
    );
  }
  if (program.trim() === '')
    return refuse(
      'the first word of the command, the program, is empty',
      'Write the name or path of the program first.',
    );
  return { ok: true, command: { kind: 'argv', argv: [program, ...rest] }, warnings: [] };
}

function fromText(text: string): ParsedCommand {
  const split = splitWords(text);
  if (!split.ok) return split;
  const assignment = /^([A-Za-z_]\w*)=/.exec(split.words[0] ?? '');
  if (assignment !== null) {
    return refuse(
      `the command begins with an assignment, \`${assignment[0]}\``,
      `Set it under "env: {${assignment[1] ?? ''}: …}", or set "shell: true".`,
    );
  }
  const parsed = fromList(split.words);
  return parsed.ok && !handsToShell(split.words) ? { ...parsed, warnings: split.warnings } : parsed;
}

const shellName = /^(?:.*\/)?(?:ba|da|z|k|a|mk)?sh$/;

/** `sh -c "echo $X"` (also behind `env` or `su-exec user`): that shell expands what we leave as it is. */
function handsToShell(words: readonly string[]): boolean {
  const shell = words.findIndex((word) => shellName.test(word));
  return shell !== -1 && words.slice(shell + 1).some((word) => /^-[a-z]*c[a-z]*$/.test(word));
}

function fromShellLine(line: string, shell: true | string): ParsedCommand {
  if (shell === true) return { ok: true, command: { kind: 'shell', line }, warnings: [] };
  if (shell.trim() === '' || shell.includes('\0'))
    return refuse(
      '"shell" names no program',
      'Set "shell: true" for /bin/sh, or the path of a shell such as /bin/bash.',
    );
  return { ok: true, command: { kind: 'argv', argv: [shell, '-c', line] }, warnings: [] };
}

function refuseListInShell(): ParsedCommand {
  return refuse('a list is not a line for a shell', 'Write the command as one string, or remove "shell".');
}

function refuse(message: string, hint: string): ParsedCommand {
  return { ok: false, problem: { message, hint } };
}

function quoteWord(word: string): string {
  return /^(?:[\w@%+=:,./-]|\$\{\w+\})+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
