import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findShowings, renderBehaviour } from './behaviour.ts';
import { renderApi } from './docs/api.ts';
import { renderCli } from './docs/cli.ts';
import { renderConfig } from './docs/config.ts';
import { renderDecisions } from './docs/decisions.ts';
import { renderErrors } from './docs/errors.ts';
import { renderHooks } from './docs/hooks.ts';
import { renderStates } from './docs/states.ts';
import { fillSnippets } from './snippets.ts';
import { listFiles, readText, root } from './workspace.ts';

/** A file whose text follows from other files. */
interface Page {
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

const generated: readonly Page[] = [
  { path: 'docs/adr/README.md', render: renderDecisions },
  { path: 'docs/reference/api.md', render: renderApi },
  { path: 'docs/reference/behaviour.md', render: () => renderBehaviour(findShowings()) },
  { path: 'docs/reference/cli.md', render: renderCli },
  { path: 'docs/reference/config.md', render: renderConfig },
  { path: 'docs/reference/errors.md', render: renderErrors },
  { path: 'docs/reference/hooks.md', render: renderHooks },
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

/** Writes every page that is stale, or with `--check` names them. A page that cannot be made does not hold up the others. */
async function updateDocs(args: readonly string[]): Promise<number> {
  const outcomes = await Promise.all(listPages().map((page) => updatePage(page, args.includes('--check'))));
  const problems = outcomes.filter((problem) => problem !== undefined);
  for (const problem of problems) console.error(problem);
  return Math.min(problems.length, 1);
}

async function updatePage({ path, render }: Page, checkOnly: boolean): Promise<string | undefined> {
  try {
    const text = await render();
    if (existsSync(join(root, path)) && readText(path) === text) return undefined;
    if (checkOnly) return `${path} does not follow from the code any more: run \`npm run docs\``;
    writePage(path, text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function writePage(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}

process.exitCode = await updateDocs(process.argv.slice(2));
