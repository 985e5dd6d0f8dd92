import { didYouMean, listNames } from '../config/suggest.ts';
import { expandTemplate, splitTemplateName } from './templates.ts';
import type { Plan } from './spec.ts';

/** One thing a command is about: a process, or one instance of it (`index` from 1). */
export interface FoundTarget {
  readonly process: string;
  readonly index?: number;
}

/** What names come to, or why not. */
export type FoundTargets =
  | {
      readonly ok: true;
      /** In the order named, each once; a process that is named whole takes its single instances in. */
      readonly targets: readonly FoundTarget[];
      /** Instances of templates that the plan does not hold yet, already among `targets`: plan them first (`BuildContext.instantiate`). */
      readonly templates: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

type Known = Pick<Plan, 'processes' | 'bundles' | 'templates'>;
type Lookup = readonly FoundTarget[] | { readonly message: string; readonly hint: string };

/**
 * Finds what a command names: processes, instances (`queue-2`), bundles, instances of templates (`openvpn@eu`), or
 * `label=KEY=VALUE` (also `label=KEY:VALUE`). One unknown name refuses all: a command is carried out whole or not at all.
 */
export function findTargets(plan: Known, names: readonly string[]): FoundTargets {
  if (names.length === 0)
    return {
      ok: false,
      message: 'no process is named',
      hint: 'Name processes, instances, bundles or label=KEY=VALUE.',
    };
  const found: FoundTarget[] = [];
  for (const name of names) {
    const targets = findTarget(plan, name);
    if ('message' in targets) return { ok: false, message: targets.message, hint: targets.hint };
    found.push(...targets);
  }
  const targets = withoutRepeats(found);
  const templates = targets.map((target) => target.process).filter((process) => !plan.processes.has(process));
  return { ok: true, targets, templates: [...new Set(templates)] };
}

function findTarget(plan: Known, name: string): Lookup {
  if (name.startsWith('label=')) return findByLabel(plan, name.slice('label='.length));
  if (plan.processes.has(name)) return [{ process: name }];
  const members = plan.bundles.get(name);
  if (members !== undefined) return members.map((process) => ({ process }));
  return findInstance(plan, name) ?? findTemplate(plan, name) ?? unknown(plan, name);
}

/** `queue-2`, up to where the process may be scaled. */
function findInstance({ processes }: Known, name: string): Lookup | undefined {
  const [, process = '', digits = ''] = /^(.+)-([1-9]\d*)$/.exec(name) ?? [];
  const spec = processes.get(process);
  if (spec === undefined) return undefined;
  const index = Number(digits);
  if (index <= spec.maxScale) return [{ process, index }];
  return {
    message: `"${process}" can have ${spec.maxScale} instances, there is no "${name}"`,
    hint: `Instances are ${process}-1 to ${process}-${spec.maxScale}.`,
  };
}

function findTemplate(plan: Known, name: string): Lookup | undefined {
  const split = splitTemplateName(name);
  if (split === undefined || !plan.templates.has(split.template)) return undefined;
  const expanded = expandTemplate(plan, name);
  return expanded.ok ? [{ process: name }] : expanded;
}

function findByLabel({ processes }: Known, selector: string): Lookup {
  const [, key = '', value = ''] = /^([^=:]+)[=:](.*)$/s.exec(selector) ?? [];
  if (key === '') return { message: `"label=${selector}" is not a selector`, hint: 'Write label=KEY=VALUE.' };
  const found = [...processes.values()]
    .filter((spec) => spec.labels[key] === value)
    .map((spec) => ({ process: spec.name }));
  if (found.length > 0) return found;
  const labels = [
    ...new Set(
      [...processes.values()].flatMap((spec) => Object.entries(spec.labels).map(([name, each]) => `${name}=${each}`)),
    ),
  ];
  const hint =
    labels.length === 0
      ? 'No process has labels.'
      : (didYouMean(`${key}=${value}`, labels) ?? `Labels are: ${listNames(labels)}.`);
  return { message: `no process has the label ${key}=${value}`, hint };
}

function unknown({ processes, bundles, templates }: Known, name: string): Lookup {
  const known = [...processes.keys(), ...bundles.keys(), ...templates.keys()];
  const hint =
    didYouMean(name, known) ?? (known.length === 0 ? 'Nothing is declared.' : `Known are: ${listNames(known)}.`);
  return { message: `there is no process, instance or bundle "${name}"`, hint };
}

function withoutRepeats(targets: readonly FoundTarget[]): readonly FoundTarget[] {
  const whole = new Set(targets.filter((target) => target.index === undefined).map((target) => target.process));
  const seen = new Set<string>();
  return targets.filter(({ process, index }) => {
    const key = `${process} ${index ?? ''}`;
    if (seen.has(key) || (index !== undefined && whole.has(process))) return false;
    seen.add(key);
    return true;
  });
}
