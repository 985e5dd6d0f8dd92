/** Why a command cannot be used as written. `column` counts characters of the command from 1. */
export interface CommandProblem {
  readonly message: string;
  readonly hint: string;
  readonly column?: number;
}

export type SplitWords =
  | { readonly ok: true; readonly words: readonly string[]; readonly warnings: readonly CommandProblem[] }
  | { readonly ok: false; readonly problem: CommandProblem };

/**
 * Splits text into words by the quoting rules of POSIX sh (XCU 2.2), without a shell: single quotes, double quotes,
 * backslash, line continuation. Whatever only a shell can do (pipes, lists, redirections, substitutions) is a problem
 * that names the place; a `$NAME` or `~` that a shell would have expanded, and a substitution in double quotes, is a
 * warning, because it stays as it is.
 */
export function splitWords(text: string): SplitWords {
  const reader: Reader = { text, end: text.trimEnd().length, at: 0, words: [], warnings: [], word: undefined };
  while (reader.at < text.length) {
    const problem = readNext(reader);
    if (problem !== undefined) return { ok: false, problem };
  }
  endWord(reader);
  return { ok: true, words: reader.words, warnings: reader.warnings };
}

interface Reader {
  readonly text: string;
  /** After this only blanks follow. */
  readonly end: number;
  at: number;
  readonly words: string[];
  readonly warnings: CommandProblem[];
  /** undefined between words: `''` is a word, no text is none. */
  word: string | undefined;
}

const blanks = new Set([' ', '\t', '\r', '\n']);

function readNext(reader: Reader): CommandProblem | undefined {
  const char = reader.text.charAt(reader.at);
  if (char === "'") return readSingleQuoted(reader);
  if (char === '"') return readDoubleQuoted(reader);
  if (char === '\\') return readEscaped(reader);
  if (blanks.has(char)) return readBlank(reader, char);
  return readPlain(reader, char);
}

function readSingleQuoted(reader: Reader): CommandProblem | undefined {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end === -1) return unbalanced("'", reader.at);
  append(reader, reader.text.slice(reader.at + 1, end));
  reader.at = end + 1;
  return undefined;
}

function readDoubleQuoted(reader: Reader): CommandProblem | undefined {
  const start = reader.at;
  append(reader, '');
  reader.at++;
  while (reader.at < reader.text.length) {
    const char = reader.text.charAt(reader.at);
    if (char === '"') {
      reader.at++;
      return undefined;
    }
    if (char === '\\') readDoubleQuotedEscape(reader);
    else readText(reader, char);
  }
  return unbalanced('"', start);
}

/** Inside double quotes a backslash is special only before these (XCU 2.2.3). */
const escapableInQuotes = new Set(['$', '`', '"', '\\']);

function readDoubleQuotedEscape(reader: Reader): undefined {
  const next = reader.text.charAt(reader.at + 1);
  if (next !== '\n') append(reader, escapableInQuotes.has(next) ? next : `\\${next}`);
  reader.at += 2;
}

function readEscaped(reader: Reader): CommandProblem | undefined {
  const next = reader.text.charAt(reader.at + 1);
  if (next === '') {
    const hint = 'Write `\\\\` for a backslash, or put the word in single quotes.';
    return { message: 'a backslash at the end escapes nothing', hint, column: reader.at + 1 };
  }
  if (next !== '\n') append(reader, next);
  reader.at += 2;
  return undefined;
}

function readBlank(reader: Reader, char: string): CommandProblem | undefined {
  endWord(reader);
  // A YAML block scalar ends with a line break; one between words would separate two commands.
  if (char === '\n' && reader.words.length > 0 && reader.at < reader.end) {
    return {
      message: `a line break at character ${reader.at + 1} separates two commands`,
      hint: 'Join the lines (`command: >-` in YAML) or set "shell: true".',
      column: reader.at + 1,
    };
  }
  reader.at++;
  return undefined;
}

const operators = ['&&', '||', '>>', '<<', ';;', '|', '&', ';', '<', '>', '(', ')'];

function readPlain(reader: Reader, char: string): CommandProblem | undefined {
  const operator = operators.find((candidate) => reader.text.startsWith(candidate, reader.at));
  if (operator !== undefined) return needsShell(`\`${operator}\``, reader.at);
  if (char === '#' && reader.word === undefined) return needsShell('`#` (a comment)', reader.at);
  if (char === '~' && reader.word === undefined) {
    warnUnexpanded(reader, '~', 'Write the directory out, or `${HOME}`.');
  }
  const substitution = toSubstitution(reader, char);
  if (substitution !== undefined) return needsShell(substitution, reader.at);
  readText(reader, char);
  return undefined;
}

/** What stands here that a shell would run as a command of its own. */
function toSubstitution(reader: Reader, char: string): string | undefined {
  if (char === '`') return 'a backquote';
  return reader.text.startsWith('$(', reader.at) ? '`$(`' : undefined;
}

function readText(reader: Reader, char: string): void {
  const text = char === '$' ? readDollar(reader) : char;
  if (char === '`') warnUnexpanded(reader, char, variableHint(char));
  append(reader, text);
  reader.at += text.length;
}

const ours = /\$?\$\{[A-Za-z_]\w*(?::[-?][^{}]*(?:\$\{[^{}]*\}[^{}]*)*)?\}/y;
const shells = /\$([A-Za-z_]\w*|[0-9@*#?!$(-])/y;

/** A `${…}` of pm is one piece, whatever its default holds; a shell's `$NAME` stays and is warned of. */
function readDollar(reader: Reader): string {
  const braced = matchAt(ours, reader);
  if (braced !== null) return braced[0];
  const variable = matchAt(shells, reader);
  if (variable !== null) warnUnexpanded(reader, variable[0], variableHint(variable[1] ?? ''));
  return '$';
}

function matchAt(pattern: RegExp, reader: Reader): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  return pattern.exec(reader.text);
}

function variableHint(name: string): string {
  const brace = /^\w{2,}$/.test(name) ? `Write \`\${${name}}\`, set` : 'Set';
  return `${brace} "shell: true", or quote it with single quotes to mean it literally.`;
}

function append(reader: Reader, text: string): void {
  reader.word = (reader.word ?? '') + text;
}

function endWord(reader: Reader): void {
  if (reader.word !== undefined) reader.words.push(reader.word);
  reader.word = undefined;
}

function warnUnexpanded(reader: Reader, what: string, hint: string): void {
  const column = reader.at + 1;
  reader.warnings.push({
    message: `\`${what}\` at character ${column} stays as it is: no shell expands it`,
    hint,
    column,
  });
}

function unbalanced(quote: string, at: number): CommandProblem {
  return {
    message: `the quote ${quote} at character ${at + 1} is never closed`,
    hint: `Close it, or escape it as \\${quote} where it is meant literally.`,
    column: at + 1,
  };
}

function needsShell(what: string, at: number): CommandProblem {
  return {
    message: `${what} at character ${at + 1} needs a shell`,
    hint: 'Set "shell: true", or put it in quotes to pass it on as text.',
    column: at + 1,
  };
}
