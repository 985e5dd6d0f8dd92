import * as v from 'valibot';
import type { Diagnostic } from './diagnostic.ts';
import type { Draft, GlobalDraft, LoggingDraft, ProcessDraft } from './draft.ts';
import { emptyMap } from './layer.ts';
import { formatPath } from './path.ts';
import type { PathSegment } from './path.ts';
import { toDiagnostic } from './problem.ts';
import type { Problem, Sourced } from './problem.ts';
import { rootSchema } from './schema/root.ts';
import type { RootOutput } from './schema/root.ts';
import { unknownKey } from './schema/structure.ts';
import { parseSections } from './section-values.ts';
import type { SectionRegistry } from './sections.ts';
import { explainUnknownKey } from './unknown-key.ts';

export interface ShapeResult {
  /** Absent when there is an error. */
  readonly draft?: Draft;
  /** Every problem, not the first. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Explaining a problem costs more than counting it, so the limit of diagnostics is applied before. */
const mostProblems = 100;

/**
 * The shape gate: are the keys known, are the values of the right kind? Normalises on the way (see `Draft`), runs the
 * schemas of the plugins' sections, and reports all problems at once. Says nothing about meaning: names need not exist.
 */
export async function checkShape(merged: Sourced, registry: SectionRegistry): Promise<ShapeResult> {
  const outcome = v.safeParse(rootSchema(registry), merged.value);
  const sections = await parseSections(merged, registry);
  const problems = [...(outcome.issues ?? []).map(toProblem), ...sections.problems];
  if (!outcome.success || problems.length > 0) return { diagnostics: toDiagnostics(problems, merged, registry) };
  return { draft: toDraft(outcome.output, sections.valuesAt), diagnostics: [] };
}

/** Checks the shape of a part of a configuration (a profile that was not chosen): nothing has to be there. */
export function checkPart(part: Sourced, registry: SectionRegistry): readonly Diagnostic[] {
  const outcome = v.safeParse(rootSchema(registry, false), part.value);
  return toDiagnostics((outcome.issues ?? []).map(toProblem), part, registry);
}

function toProblem(issue: v.BaseIssue<unknown>): Problem {
  const path = formatPath((issue.path ?? []).map((item) => item.key as PathSegment));
  const isAtKey = issue.message === unknownKey || issue.path?.at(-1)?.origin === 'key';
  return { path, text: issue.message, part: isAtKey ? 'key' : 'value' };
}

function toDiagnostics(problems: readonly Problem[], merged: Sourced, registry: SectionRegistry): Diagnostic[] {
  const listed = problems.slice(0, mostProblems).map((problem) => {
    const text = problem.text === unknownKey ? explainUnknownKey(problem.path, registry) : problem.text;
    return toDiagnostic({ ...problem, text }, merged);
  });
  const rest = problems.length - listed.length;
  return rest === 0 ? listed : [...listed, { severity: 'error', path: '', message: `and ${rest} more problems` }];
}

type ValuesAt = (at: readonly PathSegment[]) => Record<string, unknown>;

function toDraft(output: RootOutput, valuesAt: ValuesAt): Draft {
  const { version, name, global = {}, hooks = {}, processes = {}, bundles, templates = {}, plugins = [] } = output;
  return {
    ...(version === undefined ? {} : { version }),
    ...(name === undefined ? {} : { name }),
    global: { ...(global as GlobalDraft), sections: valuesAt(['global']) },
    hooks,
    processes: mapProcesses(processes, 'processes', valuesAt),
    bundles: bundles ?? (emptyMap() as Record<string, string[]>),
    templates: mapProcesses(templates, 'templates', valuesAt),
    plugins,
    sections: valuesAt([]),
  };
}

function mapProcesses(
  processes: Record<string, ProcessDraft>,
  root: string,
  valuesAt: ValuesAt,
): Record<string, ProcessDraft> {
  const result = emptyMap() as Record<string, ProcessDraft>;
  for (const [name, process] of Object.entries(processes)) {
    const logging = toLogging(process.logging, valuesAt([root, name, 'logging']));
    result[name] = { ...process, ...(logging === undefined ? {} : { logging }), sections: valuesAt([root, name]) };
  }
  return result;
}

function toLogging(logging: LoggingDraft | undefined, sections: Record<string, unknown>): LoggingDraft | undefined {
  return logging === undefined ? undefined : { ...logging, sections };
}
