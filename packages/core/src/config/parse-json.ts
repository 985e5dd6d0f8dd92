import type { Diagnostic } from './diagnostic.ts';
import { syntaxError, toUnparsed } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { parseYaml } from './parse-yaml.ts';

/** Parses JSON into plain data with positions. JSON is YAML, so the second parser finds the places and keys written twice. */
export function parseJson(text: string, file: string): Parsed {
  if (text.trim() === '') return { value: undefined, diagnostics: [], positionOf: () => undefined };
  try {
    JSON.parse(text);
  } catch (error) {
    return toUnparsed([toDiagnostic(error instanceof Error ? error.message : String(error), text, file)]);
  }
  return parseYaml(text, file);
}

function toDiagnostic(message: string, text: string, file: string): Diagnostic {
  const before = text.slice(0, findMistake(text)).split('\n');
  const position = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const reason = message.replace(/ in JSON at position.*$/, '').replace(/, (\.\.\.)?".*is not valid JSON$/s, '');
  const hint = /\/\/|\/\*|'/.test(text)
    ? 'JSON has no comments, and text stands in double quotes; YAML has both.'
    : undefined;
  return syntaxError(position, reason, hint);
}

/** The length of the longest beginning that could still become JSON: V8 says a position for some mistakes only. */
function findMistake(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const at = / in JSON at position (\d+)/.exec(message)?.[1];
    return (
      message.startsWith('Unexpected end') || message.startsWith('Unterminated') || Number(at) >= text.trimEnd().length
    );
  }
}
