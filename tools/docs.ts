import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findShowings, renderBehaviour } from './behaviour.ts';
import { renderDecisions } from './docs/decisions.ts';
import { renderErrors } from './docs/errors.ts';
import { renderStates } from './docs/states.ts';
import { fillSnippets } from './snippets.ts';
import { listFiles, readText, root } from './workspace.ts';

/** A file whose text follows from other files. */
interface Page {
  readonly path: string;
  readonly render: () => string;
}

const generated: readonly Page[] = [
  { path: 'docs/adr/README.md', render: renderDecisions },
  { path: 'docs/reference/behaviour.md', render: () => renderBehaviour(findShowings()) },
  { path: 'docs/reference/errors.md', render: renderErrors },
  { path: 'docs/reference/states.md', render: renderStates },
];

/** Every written page may hold snippets: regions of files that tests run. */
function listPages(): Page[] {
  const names = new Set(generated.map(({ path }) => path));
  const written = listFiles().filter((path) => path.endsWith('.md') && !names.has(path));
  return [
    ...generated,
    ...written.map((path) => ({ path, render: () => fillSnippets(path, readText(path), readText) })),
  ];
}

/** Writes every page that is stale, or with `--check` names them and fails. */
function updateDocs(args: readonly string[]): number {
  const stale = listPages()
    .map(({ path, render }) => ({ path, text: render() }))
    .filter(({ path, text }) => !existsSync(join(root, path)) || readText(path) !== text);
  if (args.includes('--check')) return reportStale(stale.map(({ path }) => path));
  for (const { path, text } of stale) writePage(path, text);
  return 0;
}

function reportStale(paths: readonly string[]): number {
  for (const path of paths) console.error(`${path} does not follow from the code any more: run \`npm run docs\``);
  return Math.min(paths.length, 1);
}

function writePage(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}

process.exitCode = updateDocs(process.argv.slice(2));
