import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Diagnostic } from './diagnostic.ts';
import { addFrames } from './diagnostic.ts';
import { findConfig } from './find.ts';
import type { FindRequest } from './find.ts';
import { interpolate } from './interpolate.ts';
import { isMap } from './layer.ts';
import type { Layer } from './layer.ts';
import { toUnparsed } from './parsed.ts';
import type { Parsed } from './parsed.ts';
import { formatPath, joinBelow } from './path.ts';
import { toLayers } from './profiles.ts';
import type { ConfigDocument, Profile } from './profiles.ts';
import { largestFile, readText } from './read-text.ts';

export interface LoadRequest extends FindRequest {
  /** `--profile`; else `PM_PROFILE`; else none. */
  readonly profile?: string;
}

export interface LoadPorts {
  /** Evaluates a JavaScript or TypeScript configuration outside this process; throws ConfigError. */
  evaluateModule(path: string): Promise<unknown>;
  /** Told of each file before it is read, by its absolute path; also of one that cannot be. */
  onFile?(path: string): void;
}

/** Everything the files say, before merging. */
export interface Sources {
  /** Absolute path of the main file. */
  readonly origin: string;
  /** Main file, what it extends, and the chosen profile of each; lowest precedence first. */
  readonly layers: readonly Layer[];
  /** Profiles that were not chosen: their shape can be checked. */
  readonly otherProfiles: readonly Profile[];
  /** The name of the chosen profile. */
  readonly profile?: string;
  /** Absolute paths of all files read. */
  readonly files: readonly string[];
  /** Texts by the path that positions name, for code frames. */
  readonly texts: ReadonlyMap<string, string>;
  /** Content of `${file:PATH}`, relative to the main file's folder. Throws when it cannot be read. */
  readFile(path: string): string;
}

const mostFiles = 100;

/**
 * Finds and reads the configuration with all that it extends, and takes profiles apart. Nothing is merged, expanded or
 * checked yet, except what decides which files there are. Throws ConfigError with all problems of all files.
 */
export async function loadSources(request: LoadRequest, ports: LoadPorts): Promise<Sources> {
  const origin = await findConfig(request);
  const reading: Reading = { request, ports, documents: [], texts: new Map(), diagnostics: [], open: [] };
  await readDocument(origin, reading);
  const profile = request.profile ?? (request.env['PM_PROFILE'] === '' ? undefined : request.env['PM_PROFILE']);
  const { layers, otherProfiles, diagnostics } = toLayers(reading.documents, profile);
  // A file that could not be read may hold the profile: do not say that there is none.
  if (reading.diagnostics.length === 0) reading.diagnostics.push(...diagnostics);
  if (reading.diagnostics.length > 0) throw toError(origin, reading);
  return {
    origin,
    layers,
    otherProfiles,
    ...(profile === undefined ? {} : { profile }),
    files: reading.documents.map((it) => it.path),
    texts: reading.texts,
    readFile: (path) => readSecret(resolve(dirname(origin), path)),
  };
}

interface Reading {
  readonly request: LoadRequest;
  readonly ports: LoadPorts;
  /** In order of precedence: what a file extends comes before it. */
  readonly documents: ConfigDocument[];
  readonly texts: Map<string, string>;
  readonly diagnostics: Diagnostic[];
  /** Files being read: one of them again is a cycle. */
  readonly open: string[];
}

/** Where a file was named: nothing for the main file, the entry of `extends` otherwise. */
type Origin = Pick<Diagnostic, 'path' | 'position' | 'source'>;

async function readDocument(path: string, reading: Reading, namedAt?: Origin): Promise<void> {
  const shown = toShown(path, reading.request.cwd);
  const parsed = await parseFile(path, shown, { reading, namedAt });
  reading.diagnostics.push(...parsed.diagnostics);
  if (parsed.diagnostics.length > 0) return;
  if (!isMap(parsed.value)) return refuseRoot(parsed.value, shown, reading);
  const { extends: bases, ...value } = parsed.value;
  const document: ConfigDocument = { path, shown, isMain: namedAt === undefined, value, positionOf: parsed.positionOf };
  reading.open.push(path);
  await readBases(bases, document, reading);
  reading.open.pop();
  reading.documents.push(document);
}

function refuseRoot(value: unknown, shown: string, reading: Reading): void {
  const isEmpty = value === undefined || value === null;
  reading.diagnostics.push({
    severity: 'error',
    path: '',
    message: isEmpty
      ? 'the configuration is empty'
      : `expected a map with processes, got ${Array.isArray(value) ? 'a list' : typeof value}`,
    hint: 'The least is "processes: {web: {command: [nginx]}}"; "npx create-pm-config" writes one for your project.',
    position: { file: shown, line: 1, column: 1 },
  });
}

/** A path as messages show it: relative when it is below the working directory. */
function toShown(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}

interface ParseContext {
  readonly reading: Reading;
  readonly namedAt: Origin | undefined;
}

async function parseFile(path: string, shown: string, { reading, namedAt }: ParseContext): Promise<Parsed> {
  const ending = extname(path);
  const isCode = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'].includes(ending);
  reading.ports.onFile?.(path);
  const content = readText(path);
  if (!content.ok) {
    if (namedAt !== undefined) {
      const { message, hint = 'Paths are relative to the file they stand in.' } = content;
      return toUnparsed([{ severity: 'error', ...namedAt, message: `${shown} ${message}`, hint }]);
    }
    const code = content.missing ? 'PM_CONFIG_NOT_FOUND' : 'PM_CONFIG_UNREADABLE';
    throw new ConfigError(
      code,
      `${shown} ${content.message}`,
      [],
      toHint(content.hint ?? 'Check the path given with --config or PM_CONFIG.'),
    );
  }
  reading.texts.set(shown, content.text);
  if (isCode) return evaluateFile(path, shown, reading);
  if (ending === '.toml') return (await import('./parse-toml.ts')).parseToml(content.text, shown);
  const parse =
    ending === '.json' ? (await import('./parse-json.ts')).parseJson : (await import('./parse-yaml.ts')).parseYaml;
  const parsed = parse(content.text, shown);
  return basename(path) === 'package.json' ? takePart(parsed, 'pm', shown) : parsed;
}

function toHint(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

async function evaluateFile(path: string, shown: string, reading: Reading): Promise<Parsed> {
  try {
    const value = await reading.ports.evaluateModule(path);
    return { value, diagnostics: [], positionOf: () => undefined };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return toUnparsed(error.diagnostics.map((it) => renameFile(it, path, shown)));
  }
}

function renameFile(diagnostic: Diagnostic, path: string, shown: string): Diagnostic {
  const { position, source } = diagnostic;
  if (position?.file === path) return { ...diagnostic, position: { ...position, file: shown } };
  return source === path ? { ...diagnostic, source: shown } : diagnostic;
}

/** The value of one key as if it were the file. */
function takePart(parsed: Parsed, key: string, shown: string): Parsed {
  if (!isMap(parsed.value)) return parsed;
  const part = parsed.value[key];
  const position = { file: shown, line: 1, column: 1 };
  if (part === undefined)
    return toUnparsed([{ severity: 'error', path: '', message: `has no key "${key}"`, position }]);
  return {
    value: part,
    diagnostics: parsed.diagnostics,
    positionOf: (path, entry) => parsed.positionOf(joinBelow(key, path), entry),
  };
}

async function readBases(bases: unknown, document: ConfigDocument, reading: Reading): Promise<void> {
  if (bases === undefined || bases === null) return;
  const list: readonly unknown[] = Array.isArray(bases) ? bases : [bases];
  for (const [index, base] of list.entries()) {
    const at = Array.isArray(bases) ? formatPath(['extends', index]) : 'extends';
    await readBase(base, { at, document }, reading);
  }
}

async function readBase(
  base: unknown,
  { at, document }: { at: string; document: ConfigDocument },
  reading: Reading,
): Promise<void> {
  const position = document.positionOf(at);
  const namedAt: Origin = { path: at, ...(position === undefined ? { source: document.shown } : { position }) };
  const refuse = (message: string, hint: string): void =>
    void reading.diagnostics.push({ severity: 'error', ...namedAt, message, hint });
  if (typeof base !== 'string' || base === '')
    return refuse('expected the path of a configuration', 'Paths are relative to the file they stand in.');
  const { text, problems } = interpolate(base, { env: reading.request.env, readFile: readSecret });
  const [problem] = problems;
  if (problem !== undefined) return refuse(problem.message, problem.hint);
  const path = resolve(dirname(document.path), text);
  if (reading.open.includes(path))
    return refuse(
      `extends itself: ${[...reading.open, path].map((it) => basename(it)).join(' → ')}`,
      'Remove one of these entries.',
    );
  if (reading.documents.length + reading.open.length >= mostFiles)
    return refuse(`more than ${mostFiles} files extend each other`, 'Merge some of them.');
  await readDocument(path, reading, namedAt);
}

/** Secrets are read at boot and reload only, one by one: simple and synchronous. */
function readSecret(path: string): string {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error('not a regular file');
  if (stat.size > largestFile) throw new Error(`larger than ${largestFile / 1024 / 1024} MiB`);
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) throw new Error('holds a NUL character');
  return text;
}

function toError(origin: string, reading: Reading): ConfigError {
  const count = reading.diagnostics.length;
  const shown = toShown(origin, reading.request.cwd);
  return new ConfigError(
    'PM_CONFIG_INVALID',
    `${shown} has ${count === 1 ? 'an error' : `${count} errors`}`,
    addFrames(reading.diagnostics, reading.texts),
  );
}
