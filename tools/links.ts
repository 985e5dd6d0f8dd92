import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles, readText, root } from './workspace.ts';

/** A link of a page to a file or folder of the repository. */
export interface Link {
  readonly path: string;
  /** Relative to the root. */
  readonly target: string;
}

/** Links to files: not to other sites, not to places in the same page, and not in blocks of code. */
export function parseLinks(path: string, text: string): Link[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
  const local = targets.filter((target) => !/^[a-z]+:/.test(target));
  return local.map((target) => ({ path, target: join(dirname(path), target) }));
}

/** Names every link that leads nowhere. */
function checkLinks(): number {
  const pages = listFiles().filter((path) => path.endsWith('.md') && !path.startsWith('.changeset/'));
  const links = pages.flatMap((path) => parseLinks(path, readText(path)));
  const dead = links.filter(({ target }) => !existsSync(join(root, target)));
  for (const { path, target } of dead) console.error(`${path} links to ${target}, which does not exist`);
  return Math.min(dead.length, 1);
}

if (import.meta.main) process.exitCode = checkLinks();
