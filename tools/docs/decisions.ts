import { listFiles, readText } from '../workspace.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

/** The index of decisions: their headings and states. Numbers are unique, so that a link by number stays true. */
export function renderDecisions(): string {
  const decisions = listFiles().filter((path) => /^docs\/adr\/\d{4}-[^/]+\.md$/.test(path));
  return toPage(
    '# Decisions',
    toGeneratedNote('the files of this folder'),
    'One page each: what the situation was, what was decided, and what was decided against.',
    toTable(['decision', 'status'], decisions.map(toRow)),
  );
}

function toRow(path: string): string[] {
  const text = readText(path);
  const name = path.slice('docs/adr/'.length);
  const [, number, title] = /^# (\d+)[.:] (.+)$/m.exec(text) ?? [];
  const [, status] = /^Status: (.+)$/m.exec(text) ?? [];
  if (title === undefined || status === undefined || Number(number) !== Number(name.slice(0, 4))) {
    throw new Error(`${path} must begin with "# ${Number(name.slice(0, 4))}. TITLE" and have a line "Status: …"`);
  }
  return [`[${number}. ${title}](${name})`, status];
}
