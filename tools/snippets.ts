/**
 * Snippets: a fenced block after `<!-- snippet: PATH#REGION -->` shows that region of that file, without the
 * indentation all its lines share. A region lies between `region NAME` and `endregion` in comments of any language;
 * without `#REGION` the whole file is shown.
 */

const block = /(<!-- snippet: (\S+?)(?:#(\S+))? -->\n\n?)(```[^\n]*\n)([\s\S]*?)(```\n)/g;

/** The page with each snippet as its file has it now. `page` is for messages; `read` answers a file's text. */
export function fillSnippets(page: string, text: string, read: (path: string) => string): string {
  refuseLooseMarkers(page, text);
  return text.replaceAll(block, (...[, marker, path, region, fence]: string[]) => {
    return `${marker}${fence}${getSnippet(page, read, { path: path ?? '', region })}\`\`\`\n`;
  });
}

/** A marker without a block would never be updated, and nobody would notice. */
function refuseLooseMarkers(page: string, text: string): void {
  const markers = text.match(/^<!-- snippet:/gm)?.length ?? 0;
  const blocks = text.match(block)?.length ?? 0;
  if (markers !== blocks) throw new Error(`${page}: a snippet marker is not followed by a fenced block`);
}

interface Source {
  readonly path: string;
  readonly region: string | undefined;
}

function getSnippet(page: string, read: (path: string) => string, { path, region }: Source): string {
  const lines = read(path).trimEnd().split('\n');
  if (region === undefined) return toText(lines);
  const start = lines.findIndex((line) => isMark(line, 'region', region));
  const end = lines.findIndex((line, index) => index > start && isMark(line, 'endregion'));
  if (start === -1 || end === -1) throw new Error(`${page}: ${path} has no region ${region}`);
  return toText(
    lines
      .slice(start + 1, end)
      .join('\n')
      .trimEnd()
      .split('\n'),
  );
}

function isMark(line: string, word: string, name?: string): boolean {
  const [found, label] = /(?:\/\/|#|--|<!--|\/\*)\s*((?:end)?region\b)\s*(\S*)/.exec(line)?.slice(1) ?? [];
  return found === word && (name === undefined || label === name);
}

function toText(lines: readonly string[]): string {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const shared = Math.min(...indents, Number.MAX_SAFE_INTEGER);
  return lines.map((line) => `${line.slice(shared)}\n`).join('');
}
