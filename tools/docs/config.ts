import { coreAliases } from '../../packages/core/src/config/aliases.ts';
import { defaultRows } from '../../packages/core/src/config/defaults.ts';
import {
  globalMeanings,
  hookMeanings,
  processMeanings,
  rootMeanings,
} from '../../packages/core/src/config/meanings.ts';
import { aboutOf, type Schema } from '../../packages/core/src/config/schema/leaf.ts';
import { rootSchema } from '../../packages/core/src/config/schema/root.ts';
import { structureOf } from '../../packages/core/src/config/schema/structure.ts';
import { createSectionRegistry } from '../../packages/core/src/config/sections.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

/** Every key core knows: what it takes from the schema, its default from the table of defaults. */
export function renderConfig(): string {
  const types = collectTypes();
  return toPage(
    '# Configuration',
    toGeneratedNote('the schema, defaults and meanings in packages/core/src/config'),
    'Keys are the same in every format. A duration is a number of seconds, or `500ms`, `5s`, `1m30s`, `2h`; a size is a\n' +
      'number of bytes, or `64KiB`, `50MB`, `1GiB`. Keys of plugins are on the pages of the plugins.',
    ...parts.map((part) => renderPart(part, types)),
    '## Other spellings',
    'Read as the key beside them, mostly for files of PHPeek PM. Two spellings of one key in one file are an error.',
    renderAliases(),
  );
}

/** Where an alias stands, as a user would write it. */
const places: Readonly<Record<(typeof coreAliases)[number]['place'], string>> = {
  root: '',
  global: 'global.',
  process: 'processes.NAME.',
  hooks: 'hooks.',
  logging: 'processes.NAME.logging.',
};

function renderAliases(): string {
  const rows = coreAliases.map(({ place, from, to }) => [
    `\`${places[place]}${from}\``,
    `\`${places[place]}${to.join('.')}\``,
  ]);
  return toTable(['spelling', 'key'], rows);
}

interface Part {
  readonly title: string;
  readonly prefix: string;
  readonly meanings: Readonly<Record<string, string>>;
}

const parts: readonly Part[] = [
  { title: 'Root', prefix: '', meanings: rootMeanings },
  { title: 'global', prefix: 'global.', meanings: globalMeanings },
  { title: 'processes.NAME', prefix: 'processes.NAME.', meanings: processMeanings },
  { title: 'A hook', prefix: 'hooks.pre_start[].', meanings: hookMeanings },
];

/** Read before the schema is asked, because they say what the whole consists of. */
const loaderTypes: Readonly<Record<string, string>> = {
  extends: 'a list of paths',
  profiles: 'a map of configurations',
};

function renderPart({ title, prefix, meanings }: Part, types: ReadonlyMap<string, string>): string {
  const known = new Map([...types].filter(([path]) => partOf(path)?.prefix === prefix));
  const missing = [...known.keys()].filter((path) => !(path.slice(prefix.length) in meanings));
  const gone = Object.keys(meanings).filter((key) => !known.has(prefix + key));
  if (missing.length > 0)
    throw new Error(`packages/core/src/config/meanings.ts has nothing about ${missing.join(', ')}`);
  if (gone.length > 0)
    throw new Error(`packages/core/src/config/meanings.ts tells of unknown keys: ${gone.join(', ')}`);
  const rows = Object.entries(meanings).map(([key, meaning]) =>
    toRow(key, known.get(prefix + key) ?? '', prefix, meaning),
  );
  return `## ${title}\n\n${toTable(['key', 'takes', 'default', 'meaning'], rows)}`;
}

/** The part with the longest prefix that fits. */
function partOf(path: string): Part | undefined {
  return parts.toSorted((a, b) => b.prefix.length - a.prefix.length).find(({ prefix }) => path.startsWith(prefix));
}

function toRow(key: string, type: string, prefix: string, meaning: string): string[] {
  const found = defaultRows.find(({ path }) => path === prefix + key);
  return [`\`${key}\``, type, found === undefined ? '' : `\`${found.text}\``, meaning];
}

/** What each key takes, by path: `processes.NAME.shutdown.timeout`. */
function collectTypes(): Map<string, string> {
  const types = new Map<string, string>(Object.entries(loaderTypes));
  walk(rootSchema(createSectionRegistry([])), '', types);
  return types;
}

function walk(schema: Schema<unknown>, path: string, types: Map<string, string>): void {
  const structure = structureOf(schema);
  if (structure === undefined || isShownElsewhere(path, structure)) return;
  if (Array.isArray(structure)) {
    for (const choice of structure as readonly Schema<unknown>[]) walk(choice, path, types);
  } else if (isSchema(structure)) {
    walk(structure, aboutOf(schema)?.form === 'list' ? `${path}[]` : `${path}.NAME`, types);
  } else {
    for (const [key, entry] of Object.entries(structure)) addKey(entry, path === '' ? key : `${path}.${key}`, types);
  }
}

function addKey(entry: Schema<unknown>, path: string, types: Map<string, string>): void {
  types.set(path, aboutOf(entry)?.type ?? '');
  walk(entry, path, types);
}

/** A template is a process, and all hooks are alike: each is shown once. */
function isShownElsewhere(path: string, structure: object): boolean {
  return path === 'templates' || ('retry_delay' in structure && path !== 'hooks.pre_start[]');
}

function isSchema(structure: object): structure is Schema<unknown> {
  return 'kind' in structure && structure.kind === 'schema';
}
