import type { CommandDraft, ShellDraft } from '../draft.ts';
import { once } from '../once.ts';
import { accept, flag, leaf, mismatch, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { choiceOf, listOf, refine } from './structure.ts';

const example = 'such as ["nginx", "-g", "daemon off;"]';

/** A list of words, or one line of text. An empty one is refused; splitting the line is the plan's work. */
export const command: () => Schema<CommandDraft> = once(() => {
  const line: Schema<CommandDraft> = refine(text({ what: `a command ${example}` }), (value, refuse) => {
    if (value.trim() === '') refuse('the command is empty', `Write a list ${example}, or one line.`);
    return value;
  });
  return choiceOf<CommandDraft>({ what: `a command ${example}`, form: 'command', type: 'command' }, [
    { when: (input) => typeof input === 'string', schema: line },
    { when: Array.isArray, schema: argv() },
  ]);
});

function argv(): Schema<CommandDraft> {
  const words = listOf(text({ numbers: true, empty: true }), { what: 'a list of words' });
  return refine(words, (value, refuse) => {
    if (value.length === 0) refuse('the command is an empty list', `Write the program and its arguments ${example}.`);
    else if (value[0] === '') refuse('the first word of the command is empty', 'The first word is the program.');
    return value;
  });
}

/** `true` is `/bin/sh`; an absolute path is that shell. */
export function shell(): Schema<ShellDraft> {
  const path: Schema<ShellDraft> = leaf({ type: 'path of a shell', json: { type: 'string' } }, (input) =>
    typeof input === 'string' && input.startsWith('/')
      ? accept(input)
      : mismatch('true, false or the path of a shell such as /bin/bash', input),
  );
  return choiceOf<ShellDraft>({ what: 'true, false or the path of a shell', type: 'true, false or a path' }, [
    { when: (input) => typeof input === 'string' && !/^(true|false)$/i.test(input), schema: path },
    { when: () => true, schema: flag() },
  ]);
}
