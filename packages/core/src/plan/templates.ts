import type { Draft, ProcessDraft } from '../config/draft.ts';
import { joinPath } from '../config/path.ts';
import { didYouMean, listNames } from '../config/suggest.ts';
import type { Building, Declared } from './build/building.ts';
import type { Report } from './build/report.ts';
import type { Plan } from './spec.ts';

// The length ends a template that refers to ever longer names of itself.
const instanceName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export type ExpandedTemplate =
  | { readonly ok: true; readonly name: string; readonly template: string; readonly draft: ProcessDraft }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** `openvpn@eu` taken apart: the template `openvpn@` and the name `eu`; undefined for anything else. */
export function splitTemplateName(name: string): { readonly template: string; readonly instance: string } | undefined {
  const at = name.indexOf('@');
  if (at < 1 || at === name.length - 1) return undefined;
  return { template: name.slice(0, at + 1), instance: name.slice(at + 1) };
}

/** The process that `openvpn@eu` stands for: the template with every `%i` replaced by `eu`. Give the name to `BuildContext.instantiate` to have it planned. */
export function expandTemplate({ templates }: Pick<Plan, 'templates'>, name: string): ExpandedTemplate {
  const split = splitTemplateName(name);
  const draft = split === undefined ? undefined : templates.get(split.template);
  if (split === undefined || draft === undefined) {
    const hint = templates.size === 0 ? 'No templates are declared.' : `Templates are: ${listNames(templates.keys())}.`;
    return {
      ok: false,
      message: `there is no template for "${name}"`,
      hint: didYouMean(split?.template ?? `${name}@`, templates.keys()) ?? hint,
    };
  }
  if (!instanceName.test(split.instance)) {
    return {
      ok: false,
      message: `${JSON.stringify(split.instance.slice(0, 80))} cannot be the name of an instance`,
      hint: 'Use letters, digits, "_", "." and "-", beginning with a letter or digit; at most 64.',
    };
  }
  // The plan's own template came from a draft: the shape gate has checked it.
  return { ok: true, name, template: split.template, draft: fill(draft, split.instance) as ProcessDraft };
}

function fill(value: unknown, instance: string): unknown {
  if (typeof value === 'string') return value.replaceAll('%i', instance);
  if (Array.isArray(value)) return value.map((inner) => fill(inner, instance));
  if (typeof value !== 'object' || value === null) return value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) result[key.replaceAll('%i', instance)] = fill(inner, instance);
  return result;
}

/**
 * The instances of templates that are referred to (in depends_on, bundles, `only`, or by a command), as processes.
 * What they need in turn comes along. References without a template stay: the checks of names report them.
 */
export function toTemplateInstances(
  draft: Draft,
  asked: { only: readonly string[]; instantiate: readonly string[] },
  report: Report,
): readonly Declared[] {
  const templates = new Map<string, unknown>(Object.entries(draft.templates));
  const dynamic = new Set(asked.instantiate);
  const pending = new Set([
    ...Object.values(draft.processes).flatMap(referencesOf),
    ...Object.values(draft.bundles).flat(),
    ...asked.only,
    ...dynamic,
  ]);
  const found: Declared[] = [];
  for (const name of pending) {
    const split = splitTemplateName(name);
    if (split === undefined || !templates.has(split.template) || Object.hasOwn(draft.processes, name)) continue;
    const path = joinPath('templates', split.template);
    const expanded = expandTemplate({ templates }, name);
    if (!expanded.ok) {
      report.error(path, expanded.message, expanded.hint);
      continue;
    }
    found.push({ name, path, draft: expanded.draft, source: dynamic.has(name) ? 'dynamic' : 'file' });
    for (const reference of referencesOf(expanded.draft)) pending.add(reference);
  }
  return found;
}

function referencesOf(draft: ProcessDraft): readonly string[] {
  return [...Object.keys(draft.depends_on ?? {}), ...(draft.conflicts_with ?? [])];
}

/** Names of templates, for hints. */
export function templateNames(draft: Draft): Building['templates'] {
  return Object.keys(draft.templates);
}
