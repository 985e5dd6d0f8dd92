/** Said at the top of every generated page, so that nobody edits it by hand. */
export function toGeneratedNote(source: string): string {
  return `<!-- Generated from ${source} by \`npm run docs\`. -->`;
}

/** A table with aligned nothing: generated pages are read rendered. Cells may hold any text. */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(toCell).join(' | ')} |`;
  return [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

function toCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Joins blocks with an empty line between them, and ends the page with a line break. */
export function toPage(...blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}
