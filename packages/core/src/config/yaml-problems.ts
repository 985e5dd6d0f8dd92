import type { YAMLError } from 'yaml';
import type { Diagnostic, Position } from './diagnostic.ts';
import { syntaxError } from './parsed.ts';

type Problem = Pick<YAMLError, 'code' | 'message' | 'pos'>;

/** What the parser found, in words that say what to do. One per line: the rest of a line follows from its first mistake. */
export function toYamlDiagnostics(
  problems: readonly Problem[],
  text: string,
  toPosition: (offset: number) => Position,
): Diagnostic[] {
  const byLine = new Map<number, Diagnostic>();
  for (const problem of problems) {
    const position = toPosition(problem.pos[0]);
    if (!byLine.has(position.line))
      byLine.set(position.line, syntaxError(position, toPlainWords(problem), hintFor(problem, text)));
  }
  return [...byLine.values()];
}

function toPlainWords({ code, message }: Problem): string {
  switch (code) {
    case 'NON_STRING_KEY':
      return 'a key must be text, not a list or a map';
    case 'TAB_AS_INDENT':
      return 'a tab indents here; YAML indents with spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document starts here; a configuration is one document';
    case 'TAG_RESOLVE_FAILED':
      return `a tag that means nothing here: ${message}`;
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a key inside the value of a key on one line';
    case 'BAD_INDENT':
      return `the indentation does not fit: ${message}`;
    default:
      return message.startsWith('Maximum call stack') ? 'is nested too deeply' : message;
  }
}

export const quoteStar = 'A text that starts with "*" or "&" needs quotes: "*.log".';

function hintFor({ code, pos: [offset] }: Problem, text: string): string | undefined {
  if (text.startsWith('${', offset - 1)) return 'Inside { } and [ ] an expression needs quotes: "${VAR}".';
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'Remove the "---", or put the rest in another file and name it under extends.';
    case 'BAD_ALIAS':
      return quoteStar;
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'A text that holds ": " needs quotes; or indent the lines below more than this one.';
    case 'BAD_SCALAR_START':
      return 'A text that starts with one of @ ` % needs quotes.';
    case 'BAD_INDENT':
      return 'Keys of one map start in the same column.';
    default:
      return undefined;
  }
}
