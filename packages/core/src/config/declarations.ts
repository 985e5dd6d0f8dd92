import { extname } from 'node:path';
import { ConfigError } from '../errors.ts';
import { addFrames } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import { interpolateConfig } from './interpolate-config.ts';
import type { InterpolationSources } from './interpolate.ts';
import { isMap, mergeLayers } from './layer.ts';
import type { RawMap } from './layer.ts';
import type { Parsed } from './parsed.ts';
import { formatPath } from './path.ts';

/** Processes to be declared at run time, and where each key of them stands. */
export interface Declarations {
  /** By name; expanded, and otherwise as they were written. */
  readonly processes: Readonly<Record<string, unknown>>;
  /** Adds places and frames to problems that were found elsewhere, by the paths of a configuration (`processes.web.command`). */
  locate(problems: readonly Diagnostic[]): Diagnostic[];
}

/** The text of a file that declares processes, and where it stands. */
export interface DeclarationSource {
  /** For messages, and for the format by its ending: `.json`, `.toml`, else YAML. */
  readonly file: string;
  readonly text: string;
  /** The text is the declaration of this one process, without its name and without `processes`. */
  readonly name?: string;
}

/**
 * Reads what `pm add` and `pm apply` send: a map `processes` as in a configuration, with `${…}` expanded here: the
 * supervisor takes what arrives at run time literally. Its shape is judged where it arrives, by the same gates as a file's.
 * Throws ConfigError with all problems of the text.
 */
export async function readDeclarations(
  source: DeclarationSource,
  sources: InterpolationSources,
): Promise<Declarations> {
  const parsed = await parse(source);
  const texts = new Map([[source.file, source.text]]);
  refuse(source, addFrames(parsed.diagnostics, texts));
  const { name } = source;
  const prefix = name === undefined ? '' : formatPath(['processes', name]);
  const positionOf: Parsed['positionOf'] = (path, part) => parsed.positionOf(toBelow(path, prefix), part);
  const value = name === undefined ? parsed.value : { processes: { [name]: parsed.value } };
  const merged = mergeLayers([{ layer: 'file', from: source.file, value: isMap(value) ? value : {}, positionOf }]);
  const expanded = interpolateConfig(merged, sources);
  refuse(source, addFrames([...checkRoot(value, source, positionOf), ...expanded.diagnostics], texts));
  return {
    processes: expanded.merged.value['processes'] as RawMap,
    locate: (problems) =>
      addFrames(
        problems.map((problem) => withPosition(problem, positionOf)),
        texts,
      ),
  };
}

async function parse({ file, text }: DeclarationSource): Promise<Parsed> {
  switch (extname(file)) {
    case '.json':
      return (await import('./parse-json.ts')).parseJson(text, file);
    case '.toml':
      return (await import('./parse-toml.ts')).parseToml(text, file);
    default:
      return (await import('./parse-yaml.ts')).parseYaml(text, file);
  }
}

/** `processes.web.command` as a path of the text that is `processes.web`. */
function toBelow(path: string, prefix: string): string {
  if (prefix === '') return path;
  return path.startsWith(`${prefix}.`) ? path.slice(prefix.length + 1) : '';
}

function checkRoot(value: unknown, { file, name }: DeclarationSource, positionOf: Parsed['positionOf']): Diagnostic[] {
  const position = { file, line: 1, column: 1 };
  const hint =
    'The least is "processes: {web: {command: [nginx]}}"; with --name the file is one process: "command: [nginx]".';
  const inner = isMap(value) ? value['processes'] : undefined;
  if (!isMap(inner) || (name !== undefined && !isMap(inner[name]))) {
    return [{ severity: 'error', path: '', message: 'expected a map with processes', hint, position }];
  }
  const others = Object.keys(value as RawMap).filter((key) => key !== 'processes');
  const message = 'only "processes" can be declared at run time';
  return others.map((key) =>
    withPosition(
      {
        severity: 'error',
        path: key,
        message,
        hint: 'The rest is the configuration file\'s: change it there, then "pm reload".',
      },
      positionOf,
    ),
  );
}

function withPosition(problem: Diagnostic, positionOf: Parsed['positionOf']): Diagnostic {
  const position = problem.position ?? positionOf(problem.path, 'key') ?? positionOf(problem.path);
  return position === undefined ? problem : { ...problem, position };
}

function refuse({ file }: DeclarationSource, diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) return;
  throw new ConfigError(
    'PM_CONFIG_INVALID',
    `${file} has ${errors === 1 ? 'an error' : `${errors} errors`}: nothing was changed`,
    diagnostics,
  );
}
