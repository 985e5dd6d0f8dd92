export type EnvFileReading =
  | { readonly ok: true; readonly env: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly line: number; readonly message: string };

const assignment = /^(?:export[ \t]+)?([^=\s]+)[ \t]*=[ \t]*/;
const variableName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * Reads an env file in the form that dotenv and `docker --env-file` share: `NAME=value` per line, `#` comments,
 * `export`, single quotes (literal) and double quotes (`\n`, `\t`, `\r`, `\"`, `\\`, `\$`), both over several lines.
 * Nothing is expanded: what stands in the file is what the process gets. The last of two equal names wins.
 */
export function readEnvFile(text: string): EnvFileReading {
  const env: Record<string, string> = Object.create(null) as Record<string, string>;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const found = readAssignment(lines, index);
    if ('message' in found) return { ok: false, line: index + 1, message: found.message };
    env[found.name] = found.value;
    index = found.lastLine;
  }
  return { ok: true, env };
}

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly lastLine: number;
}

function readAssignment(lines: readonly string[], index: number): Assignment | { readonly message: string } {
  const line = lines[index]?.trim() ?? '';
  const [head, name] = assignment.exec(line) ?? [];
  if (head === undefined || name === undefined)
    return { message: `expected NAME=value, got ${JSON.stringify(line.slice(0, 40))}` };
  if (!variableName.test(name)) return { message: `${JSON.stringify(name.slice(0, 40))} is not a name of a variable` };
  const rest = line.slice(head.length);
  if (rest.includes('\0')) return { message: `the value of ${name} holds a NUL byte` };
  const quote = rest.charAt(0);
  if (quote !== '"' && quote !== "'") return { name, value: rest.replace(/(^|\s+)#.*$/, ''), lastLine: index };
  return readQuoted(lines, { index, name, quote, first: rest.slice(1) });
}

interface QuotedStart {
  readonly index: number;
  readonly name: string;
  readonly quote: string;
  /** What follows the opening quote on its line. */
  readonly first: string;
}

function readQuoted(
  lines: readonly string[],
  { index, name, quote, first }: QuotedStart,
): Assignment | { readonly message: string } {
  const parts: string[] = [];
  for (let at = index; at < lines.length; at++) {
    const line = at === index ? first : (lines[at] ?? '');
    const end = findClosing(line, quote);
    parts.push(end === -1 ? line : line.slice(0, end));
    if (end === -1) continue;
    const after = line.slice(end + 1).trim();
    if (after !== '' && !after.startsWith('#')) return { message: `text after the closing quote of ${name}` };
    const value = parts.join('\n');
    return { name, value: quote === '"' ? unescape(value) : value, lastLine: at };
  }
  return { message: `the quote of ${name} is never closed` };
}

function findClosing(line: string, quote: string): number {
  for (let at = 0; at < line.length; at++) {
    if (quote === '"' && line.charAt(at) === '\\') at++;
    else if (line.charAt(at) === quote) return at;
  }
  return -1;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
  ['$', '$'],
]);

function unescape(value: string): string {
  return value.replace(/\\(.)/g, (whole, char: string) => escapes.get(char) ?? whole);
}
