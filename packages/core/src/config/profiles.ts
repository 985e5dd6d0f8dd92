import type { Diagnostic } from './diagnostic.ts';
import { isMap } from './layer.ts';
import type { Layer, RawMap } from './layer.ts';
import type { Parsed } from './parsed.ts';
import { joinBelow, joinPath } from './path.ts';
import { closest, listNames } from './suggest.ts';

/** One parsed file, without its `extends`. */
export interface ConfigDocument {
  /** Absolute. */
  readonly path: string;
  /** As messages name it. */
  readonly shown: string;
  /** false: something extends it. */
  readonly isMain: boolean;
  readonly value: RawMap;
  readonly positionOf: Parsed['positionOf'];
}

export interface Profile {
  readonly name: string;
  readonly layer: Layer;
}

interface Layers {
  readonly layers: Layer[];
  readonly otherProfiles: Profile[];
  readonly diagnostics: Diagnostic[];
}

/** Layers of all documents in their order, then the chosen profile of each; a profile that nobody has is an error. */
export function toLayers(documents: readonly ConfigDocument[], chosen: string | undefined): Layers {
  const diagnostics: Diagnostic[] = [];
  const profiles = documents.flatMap((document) => toProfiles(document, diagnostics));
  const own = profiles.filter((it) => it.name === chosen);
  const otherProfiles = profiles.filter((it) => it.name !== chosen);
  if (chosen !== undefined && own.length === 0) diagnostics.push(refuseProfile(chosen, otherProfiles));
  return { layers: [...documents.map(toFileLayer), ...own.map((it) => it.layer)], otherProfiles, diagnostics };
}

function toFileLayer({ isMain, shown, value, positionOf }: ConfigDocument): Layer {
  const { profiles: _, ...rest } = value;
  return { layer: isMain ? 'file' : 'extends', from: shown, value: rest, positionOf };
}

function toProfiles(document: ConfigDocument, diagnostics: Diagnostic[]): Profile[] {
  const { profiles } = document.value;
  if (profiles === undefined || profiles === null) return [];
  if (isMap(profiles))
    return Object.entries(profiles).map(([name, value]) => toProfile({ name, value }, document, diagnostics));
  diagnostics.push(
    refuse('profiles', 'expected a map of profiles such as {dev: {global: {log_level: debug}}}', document),
  );
  return [];
}

function toProfile(
  { name, value }: { name: string; value: unknown },
  document: ConfigDocument,
  diagnostics: Diagnostic[],
): Profile {
  const at = joinPath('profiles', name);
  if (value !== null && !isMap(value))
    diagnostics.push(refuse(at, 'expected a map: a part of a configuration', document));
  const part = isMap(value) ? value : {};
  for (const key of ['extends', 'profiles']) {
    if (Object.hasOwn(part, key))
      diagnostics.push(refuse(joinPath(at, key), `"${key}" cannot stand in a profile`, document));
  }
  const positionOf: Layer['positionOf'] = (path, entry) => document.positionOf(joinBelow(at, path), entry);
  return { name, layer: { layer: 'profile', from: `${document.shown} (profile ${name})`, value: part, positionOf } };
}

function refuse(path: string, message: string, document: ConfigDocument): Diagnostic {
  const position = document.positionOf(path, 'key');
  return { severity: 'error', path, message, ...(position === undefined ? { source: document.shown } : { position }) };
}

function refuseProfile(name: string, others: readonly Profile[]): Diagnostic {
  const names = new Set(others.map((it) => it.name));
  const match = closest(name, names);
  const known = names.size === 0 ? 'The configuration has no profiles.' : `Profiles are ${listNames(names)}.`;
  const hint = match === undefined ? known : `Did you mean "${match}"?`;
  return {
    severity: 'error',
    path: 'profiles',
    message: `there is no profile "${name}"`,
    hint,
    source: '--profile or PM_PROFILE',
  };
}
