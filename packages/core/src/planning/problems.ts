import { addFrames, type Diagnostic } from '../config/diagnostic.ts';
import type { Sourced } from '../config/problem.ts';
import { toDiagnostic } from '../config/problem.ts';
import { formatPath, type PathSegment } from '../config/path.ts';
import { ConfigError, type ErrorCode, type PluginError } from '../errors.ts';
import { PluginOptionsError } from '../plugin/resolve.ts';

/** Where a problem of a plugin is shown: at its key under `plugins`, or at the key that switched it on. */
export interface PluginPlace {
  readonly path: string;
  readonly merged: Sourced;
}

/** What is wrong with a plugin, at its place in the configuration; wrong options each at their own. */
export function toPluginDiagnostics(error: PluginError, { path, merged }: PluginPlace): readonly Diagnostic[] {
  if (!(error instanceof PluginOptionsError)) return [toDiagnostic({ path, text: toText(error), part: 'key' }, merged)];
  return error.issues.map((issue) => {
    const below = issue.path.map((key): PathSegment => (typeof key === 'number' ? key : String(key)));
    return toDiagnostic({ path: path + toSuffix(below), text: issue.message }, merged);
  });
}

function toSuffix(below: readonly PathSegment[]): string {
  const path = formatPath(below);
  return path === '' || path.startsWith('[') ? path : `.${path}`;
}

function toText({ message, hint }: PluginError): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

/** A failure of a plugin that has no place in a file: in a hook, in its layer. */
export function toLooseDiagnostic(error: PluginError, severity: Diagnostic['severity'] = 'error'): Diagnostic {
  const { message, hint, plugin } = error;
  return { severity, path: '', message, source: `plugin ${plugin}`, ...(hint === undefined ? {} : { hint }) };
}

export interface Refusal {
  /** The main file, as the user knows it. */
  readonly origin: string;
  readonly texts: ReadonlyMap<string, string>;
  readonly code?: ErrorCode;
  readonly cause?: unknown;
}

/** Refuses a configuration with all that is wrong with it. */
export function toConfigError(
  diagnostics: readonly Diagnostic[],
  { origin, texts, code = 'PM_CONFIG_INVALID', cause }: Refusal,
): ConfigError {
  const count = diagnostics.filter(({ severity }) => severity === 'error').length;
  const message = `${origin} has ${count === 1 ? 'an error' : `${count} errors`}`;
  return new ConfigError(code, message, addFrames(diagnostics, texts), cause === undefined ? {} : { cause });
}
