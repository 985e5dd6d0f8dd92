import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles, readText, root } from './workspace.ts';

/** A name that a package offers, and the file that declares it. */
export interface PublicName {
  readonly name: string;
  readonly path: string;
}

/** What an index offers: `export { a, type B as C } from './x.ts'`, and every export of a file behind `export *`. */
export function listPublicNames(index: string, read: (path: string) => string): PublicName[] {
  const text = read(index);
  const named = [...text.matchAll(/export (?:type )?\{([^}]*)\} from '(\.[^']+)'/g)].flatMap(
    ([, names = '', from = '']) => parseNames(names).map((name) => ({ name, path: join(dirname(index), from) })),
  );
  const whole = [...text.matchAll(/export (?:type )?\* from '(\.[^']+)'/g)].flatMap(([, from = '']) => {
    const path = join(dirname(index), from);
    return [...read(path).matchAll(declaration)].map(([, name = '']) => ({ name, path }));
  });
  return [...named, ...whole];
}

const declaration = /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|class|interface|type) (\w+)/gm;

/** The names as they are called in the file that declares them. */
function parseNames(list: string): string[] {
  const items = list.split(',').map((item) => item.trim().replace(/^type /, ''));
  return items.filter((item) => item !== '').map((item) => item.split(' as ')[0] ?? item);
}

/** Whether a comment for readers stands right above the declaration. */
export function hasDocstring(name: string, source: string): boolean {
  const found = [...source.matchAll(declaration)].find(([, declared]) => declared === name);
  if (found === undefined) return true;
  // A directive for the formatter may stand between.
  const above = source.slice(0, found.index).replace(/(\n\/\/ [a-z-]+)+\n$/, '\n');
  return above.trimEnd().endsWith('*/');
}

/** Names every public name that says nothing about itself. */
function checkDocstrings(): number {
  const indexes = listFiles().filter((path) => /^packages\/[^/]+\/src\/(testing\/)?index\.ts$/.test(path));
  const names = indexes.flatMap((path) => listPublicNames(path, readText));
  const silent = names.filter(({ name, path }) => existsSync(join(root, path)) && !hasDocstring(name, readText(path)));
  for (const { name, path } of silent) console.error(`${path}: ${name} is public and has no docstring`);
  return Math.min(silent.length, 1);
}

if (import.meta.main) process.exitCode = checkDocstrings();
