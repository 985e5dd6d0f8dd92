import type { StandardSchemaV1 } from '@standard-schema/spec';
import { emptyMap, isMap } from './layer.ts';
import type { RawMap } from './layer.ts';
import { formatPath } from './path.ts';
import type { PathSegment } from './path.ts';
import type { Problem, Sourced } from './problem.ts';
import type { SectionOwner, SectionPlace, SectionRegistry } from './sections.ts';

export interface SectionValues {
  readonly problems: readonly Problem[];
  /** The parsed sections of the map at a path, by key. */
  valuesAt(at: readonly PathSegment[]): Record<string, unknown>;
}

interface Site {
  readonly at: readonly PathSegment[];
  readonly map: RawMap;
  readonly place: SectionPlace;
}

/** Runs the schema of every section that somebody wrote. A key that is absent or null is not a section. */
export async function parseSections(merged: Sourced, registry: SectionRegistry): Promise<SectionValues> {
  const values = new Map<string, Record<string, unknown>>();
  const problems: Problem[] = [];
  for (const site of findSites(merged.value)) {
    for (const owner of registry.at(site.place)) {
      const input = site.map[owner.key];
      if (input === undefined || input === null) continue;
      const path = [...site.at, owner.key];
      const result = await validateSection(owner, input);
      if (result.issues === undefined) setValue(values, site.at, owner.key, result.value);
      else problems.push(...result.issues.map((issue) => toProblem(issue, path)));
    }
  }
  return { problems, valuesAt: (at) => values.get(formatPath(at)) ?? emptyMap() };
}

/** Runs one section's schema, sync or async. A schema that throws is a problem of the value as far as the user can tell. */
export async function validateSection(owner: SectionOwner, input: unknown): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await owner.schema['~standard'].validate(input);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      issues: [
        { message: `the schema of plugin "${owner.plugin}" failed: ${reason}\nThis is a defect of the plugin.` },
      ],
    };
  }
}

function* findSites(root: RawMap): Generator<Site> {
  yield { at: [], map: root, place: 'root' };
  const global = root['global'];
  if (isMap(global)) yield { at: ['global'], map: global, place: 'global' };
  for (const key of ['processes', 'templates']) {
    const processes = root[key];
    if (!isMap(processes)) continue;
    for (const [name, process] of Object.entries(processes)) {
      if (isMap(process)) yield* findProcessSites(process, [key, name]);
    }
  }
}

function* findProcessSites(process: RawMap, at: readonly PathSegment[]): Generator<Site> {
  yield { at, map: process, place: 'process' };
  const logging = process['logging'];
  if (isMap(logging)) yield { at: [...at, 'logging'], map: logging, place: 'logging' };
}

function setValue(
  values: Map<string, Record<string, unknown>>,
  at: readonly PathSegment[],
  key: string,
  value: unknown,
): void {
  const path = formatPath(at);
  const existing = values.get(path) ?? emptyMap();
  existing[key] = value;
  values.set(path, existing);
}

function toProblem(issue: StandardSchemaV1.Issue, at: readonly PathSegment[]): Problem {
  const inner = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  return {
    path: formatPath([...at, ...inner.map((key) => (typeof key === 'number' ? key : String(key)))]),
    text: issue.message,
  };
}
