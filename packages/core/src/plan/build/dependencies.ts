import type { DependencyDraft, ProcessDraft } from '../../config/draft.ts';
import { conditionByType, dependencyDefaults, processDefaults } from '../../config/defaults.ts';
import { joinPath } from '../../config/path.ts';
import { didYouMean, listNames } from '../../config/suggest.ts';
import type { Building, Declared, Inherited } from './building.ts';
import type { DependencySpec } from '../spec.ts';

/** What the process waits for. Unknown names, itself, and conditions that can never come true are reported. */
export function toDependencies(
  declared: Declared,
  scope: { building: Building; inherited: Inherited },
): readonly DependencySpec[] {
  const { draft, path } = declared;
  checkWaitAfter(draft, path, scope.building);
  return Object.entries(draft.depends_on ?? {}).map(([name, dependency]) => {
    const at = joinPath(joinPath(path, 'depends_on'), name);
    const type = checkName(name, at, { declared, dependency, building: scope.building });
    if (dependency.condition === 'completed' && type === 'longrun') {
      scope.building.report.error(
        joinPath(at, 'condition'),
        `"${name}" is a longrun and never completes`,
        'Wait for "ready" or "started", or make it "type: oneshot".',
      );
    }
    return {
      process: name,
      condition: dependency.condition ?? conditionByType[type ?? 'longrun'],
      timeoutMs: dependency.timeout ?? scope.inherited.dependencyTimeoutMs,
      restart: dependency.restart ?? dependencyDefaults.restart,
      optional: dependency.optional ?? dependencyDefaults.optional,
      waitAfterMs: waitAfterOf(draft, name),
    };
  });
}

/** The delay after all dependencies; one that is set per dependency stands with that dependency. */
export function toWaitAfter(draft: ProcessDraft): number {
  const { wait_after: delay = processDefaults.wait_after } = draft;
  return typeof delay === 'number' ? delay : 0;
}

/** The names that cannot be missing: what `only` and the boot bring along. */
export function neededNames(draft: ProcessDraft): readonly string[] {
  return Object.entries(draft.depends_on ?? {})
    .filter(([, dependency]) => dependency.optional !== true)
    .map(([name]) => name);
}

function waitAfterOf(draft: ProcessDraft, name: string): number {
  const { wait_after: delays } = draft;
  return typeof delays === 'object' && Object.hasOwn(delays, name) ? (delays[name] ?? 0) : 0;
}

function checkWaitAfter(draft: ProcessDraft, path: string, { report }: Building): void {
  if (typeof draft.wait_after !== 'object') return;
  const dependencies = Object.keys(draft.depends_on ?? {});
  for (const name of Object.keys(draft.wait_after)) {
    if (dependencies.includes(name)) continue;
    const known = dependencies.length === 0 ? 'It depends on nothing.' : `It depends on ${listNames(dependencies)}.`;
    const hint = didYouMean(name, dependencies) ?? `Add it to "depends_on", or remove it. ${known}`;
    report.error(joinPath(joinPath(path, 'wait_after'), name), `"${name}" is not among its dependencies`, hint);
  }
}

interface NameScope {
  readonly declared: Declared;
  readonly dependency: DependencyDraft;
  readonly building: Building;
}

/** Reports a dependency that is wrong or unknown; returns the type of one that is known. */
function checkName(
  name: string,
  at: string,
  { declared, dependency, building }: NameScope,
): 'longrun' | 'oneshot' | undefined {
  if (name === declared.name) {
    building.report.error(at, `"${name}" depends on itself`, 'Remove it from "depends_on".');
    return undefined;
  }
  const found = building.declared.get(name);
  if (found !== undefined) return found.draft.type ?? processDefaults.type;
  const optional = dependency.optional === true;
  const hint = (): string => hintForUnknown(name, building);
  // `optional` starts without it, and a process created at run time may bring it: not an error, but likely a mistake.
  building.report[optional ? 'warning' : 'error'](at, `there is no process "${name}" to depend on`, hint);
  return undefined;
}

/** What was probably meant by a name that is no process. */
export function hintForUnknown(
  name: string,
  { declared, bundles, templates }: Pick<Building, 'declared' | 'bundles' | 'templates'>,
): string {
  const members = bundles.get(name);
  if (members !== undefined) return `"${name}" is a bundle: name its processes (${listNames(members)}).`;
  const instance = /^(.+)-\d+$/.exec(name)?.[1];
  if (instance !== undefined && declared.has(instance))
    return `"${name}" is an instance: name its process, "${instance}".`;
  const template = templates.find((each) => each === `${name}@` || name.startsWith(each));
  if (template !== undefined)
    return `"${template}" is a template: name one instance of it, for example "${template}a".`;
  const names = [...declared.keys()];
  return (
    didYouMean(name, names) ?? (names.length === 0 ? 'No process is declared.' : `Processes are: ${listNames(names)}.`)
  );
}
