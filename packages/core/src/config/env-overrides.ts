import type { Diagnostic } from './diagnostic.ts';
import {
  collectGlobalTargets,
  collectProcessTargets,
  findTarget,
  globalPrefix,
  groupByVariable,
  matchProcess,
  processPrefix,
  suggestProcess,
  suggestVariable,
} from './env-targets.ts';
import type { Target } from './env-targets.ts';
import { emptyMap, isMap } from './layer.ts';
import type { Layer, RawMap } from './layer.ts';
import { once } from './once.ts';
import { formatPath } from './path.ts';
import type { PathSegment } from './path.ts';
import { validateSection } from './section-values.ts';
import type { SectionOwner, SectionRegistry } from './sections.ts';

export interface EnvOverrides {
  readonly layer: Layer;
  readonly diagnostics: readonly Diagnostic[];
}

interface Known {
  /** Processes that exist in the layers below: a variable is matched against these, longest name first. */
  readonly processes: readonly string[];
  readonly registry: SectionRegistry;
}

/**
 * Reads `PM_GLOBAL_<KEY>`, `PM_PROCESS_<NAME>_<KEY>` and `PM_PROCESS_<NAME>_ENV_<VAR>` into a layer. Names and keys are
 * written in upper case with every other character than a letter or digit as `_`; keys of nested maps are joined
 * (`SHUTDOWN_TIMEOUT`). Lists are JSON or separated by commas, maps are JSON. Every other variable is not ours and left alone.
 */
export async function readEnvOverrides(
  env: Readonly<Record<string, string | undefined>>,
  known: Known,
): Promise<EnvOverrides> {
  const reader = createReader(known);
  for (const name of Object.keys(env).toSorted()) {
    const text = env[name];
    if (text === undefined) continue;
    if (name.startsWith(globalPrefix)) await reader.readGlobal(name, text);
    else if (name.startsWith(processPrefix)) await reader.readProcess(name, text);
  }
  return reader.finish();
}

interface Reader {
  readGlobal(variable: string, text: string): Promise<void>;
  readProcess(variable: string, text: string): Promise<void>;
  finish(): EnvOverrides;
}

function createReader({ processes, registry }: Known): Reader {
  const value = emptyMap();
  const origins = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const globalTargets = once(() => collectGlobalTargets(registry));
  const processTargets = once(() => collectProcessTargets(registry));
  const names = groupByVariable(processes);

  const fail = (variable: string, message: string, hint: string): void => {
    diagnostics.push({ severity: 'error', path: '', message, hint, source: variable });
  };
  const assign = async (
    variable: string,
    text: string,
    at: { path: readonly PathSegment[]; target: Target },
  ): Promise<void> => {
    const parsed = await parseText(text, at.target);
    if (parsed === undefined) return fail(variable, 'expected JSON', 'Write a map as JSON: {"key": "value"}.');
    setAt(value, at.path, parsed.value);
    origins.set(formatPath(at.path), variable);
  };

  return {
    readGlobal: async (variable, text) => {
      const found = findTarget(variable.slice(globalPrefix.length), globalTargets());
      if (found !== undefined) return assign(variable, text, { path: ['global', ...found.path], target: found });
      fail(variable, 'no key of global has this name', suggestVariable(variable, globalPrefix, globalTargets()));
    },
    readProcess: async (variable, text) => {
      const match = matchProcess(variable.slice(processPrefix.length), names, processTargets());
      if (match.kind === 'found')
        return assign(variable, text, {
          path: ['processes', match.process, ...match.target.path],
          target: match.target,
        });
      if (match.kind === 'ambiguous')
        return fail(
          variable,
          `could mean any of ${match.names.join(', ')}`,
          'Rename one of the processes, or set the key in the file.',
        );
      if (match.kind === 'no key')
        return fail(
          variable,
          `process "${match.process}" has no such key`,
          suggestVariable(variable, match.prefix, processTargets()),
        );
      fail(variable, 'no process has this name', suggestProcess(variable, names));
    },
    finish: () => ({
      layer: {
        layer: 'env',
        from: 'environment',
        value,
        fromOf: (path) => origins.get(path) ?? firstBelow(origins, path),
      },
      diagnostics,
    }),
  };
}

function firstBelow(origins: ReadonlyMap<string, string>, path: string): string | undefined {
  for (const [at, variable] of origins) {
    if (at.startsWith(`${path}.`)) return variable;
  }
  return undefined;
}

/** A text as the form says; undefined when JSON was needed and is broken. A wrong scalar is left to the schema to refuse. */
async function parseText(text: string, { form, section }: Target): Promise<{ readonly value: unknown } | undefined> {
  if (section !== undefined) return { value: await parseSectionText(text, section) };
  const looksLikeJson = /^\s*[[{]/.test(text);
  if (form !== 'scalar' && looksLikeJson) return parseJson(text);
  if (form === 'list')
    return {
      value: text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    };
  return form === 'map' && !isShortForm(text) ? undefined : { value: text };
}

// `RESTART_BACKOFF=5s`: maps that have a short form take one word.
function isShortForm(text: string): boolean {
  return /^[\w.-]+$/.test(text);
}

/** Only the plugin's schema knows whether `9090` is a number: the text is tried first, then what JSON makes of it. */
async function parseSectionText(text: string, section: SectionOwner): Promise<unknown> {
  const json = parseJson(text);
  if (json === undefined) return text;
  if (isMap(json.value) || Array.isArray(json.value)) return json.value;
  const asText = await validateSection(section, text);
  return asText.issues === undefined ? text : json.value;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function setAt(root: RawMap, path: readonly PathSegment[], value: unknown): void {
  let current = root;
  for (const segment of path.slice(0, -1)) {
    const next = current[segment];
    current = isMap(next) ? next : (current[segment] = emptyMap());
  }
  current[String(path.at(-1))] = value;
}
