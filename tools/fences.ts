import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryRun } from './run.ts';
import { listFiles, readText, root } from './workspace.ts';

/** A block of TypeScript in a page. */
export interface Fence {
  readonly path: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
}

/** Every block marked `ts`, with its place. Blocks that must not compile alone are written without a language. */
export function parseFences(path: string, text: string): Fence[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((found) => ({
    path,
    line: text.slice(0, found.index).split('\n').length + 1,
    code: found[1] ?? '',
  }));
}

const folder = 'tmp/fences';

/** Type-checks each block as a module of its own: what a reader copies must compile. */
function checkFences(): number {
  const pages = listFiles().filter((path) => path.endsWith('.md'));
  const fences = pages.flatMap((path) => parseFences(path, readText(path)));
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, folder), { recursive: true });
  for (const fence of fences) writeFileSync(join(root, folder, toFileName(fence)), `${fence.code}\nexport {};\n`);
  if (fences.length === 0) return 0;
  writeFileSync(join(root, folder, 'tsconfig.json'), JSON.stringify(project));
  return tryRun('tsc', ['-p', folder]) === 0 ? 0 : 1;
}

const project = { extends: '../../tsconfig.tests.json', include: ['*.ts'], exclude: [] };

/** Ends in the line of the page, so that the compiler's message leads there. */
function toFileName({ path, line }: Fence): string {
  return `${path.replaceAll('/', '--')}-line-${line}.ts`;
}

if (import.meta.main) process.exitCode = checkFences();
