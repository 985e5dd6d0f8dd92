import { once } from '../once.ts';
import { accept, leaf, mismatch, refuse, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import type { Entries } from './leaf.ts';
import { listOf, recordOf } from './structure.ts';

/** Names to texts. Numbers and booleans become the text they were written as. */
export function labels(what = 'a map of names to texts'): Schema<Record<string, string>> {
  return recordOf(text({ numbers: true, empty: true }), { what });
}

/** Environment variables. */
export const variables: () => Schema<Record<string, string>> = once(() =>
  recordOf(text({ numbers: true, empty: true }), { what: 'a map of variables', name: refuseVariableName }),
);

function refuseVariableName(name: string): string | undefined {
  if (name !== '' && !name.includes('=') && !name.includes('\0')) return undefined;
  return `${JSON.stringify(name)} cannot be the name of an environment variable\nA name is not empty and has no "=".`;
}

export function paths(): Schema<string[]> {
  return listOf(text({ what: 'a path' }), { what: 'a path or a list of paths', orOne: true });
}

/** A name or a number, as text. */
export function account(what: string): Schema<string> {
  return leaf({ type: `${what} name or number`, json: { type: ['string', 'integer'] } }, (input) => {
    if (typeof input === 'number' && Number.isSafeInteger(input) && input >= 0) return accept(String(input));
    if (typeof input === 'string' && input !== '' && !input.includes('\0')) return accept(input);
    return mismatch(`the name or number of a ${what} such as www-data`, input);
  });
}

/**
 * A file mode mask in octal digits. A bare number other than 0 is refused: where it comes from (JSON, TOML) nobody can
 * tell 22 from 0o22. YAML's `022` and `0o22` arrive as the text that was written.
 */
export function umask(): Schema<number> {
  return leaf({ type: 'octal mask', json: { type: ['string', 'integer'], examples: ['022'] } }, (input) => {
    if (input === 0) return accept(0);
    const hint = 'Write octal digits in quotes: "022".';
    if (typeof input === 'number') return refuse(`is the umask ${input} decimal or octal?`, hint);
    const digits = typeof input === 'string' ? /^(?:0o)?([0-7]{1,4})$/.exec(input.trim())?.[1] : undefined;
    const mask = digits === undefined ? Infinity : Number.parseInt(digits, 8);
    return mask <= 0o777 ? accept(mask) : mismatch('a umask such as "022"', input, hint);
  });
}

/** Keys that `global` gives as defaults to every process, and that a process may set for itself. */
export function environmentEntries(): Entries {
  return {
    env: variables(),
    env_file: paths(),
    working_dir: text({ what: 'a folder' }),
    user: account('user'),
    group: account('group'),
    umask: umask(),
  };
}
