import { didYouMean } from '../../config/suggest.ts';
import { neededNames, hintForUnknown } from './dependencies.ts';
import type { Building } from './building.ts';
import { defaultBundle } from './bundles.ts';
import type { Graph } from '../graph.ts';
import { toLayers } from '../graph.ts';
import type { ProcessSpec } from '../spec.ts';

/** The processes that `only` names: bundles are taken apart. Unknown names are reported. */
export function toOnly(only: readonly string[], building: Building): readonly string[] {
  return only.flatMap((name) => {
    if (building.declared.has(name)) return [name];
    const members = building.bundles.get(name);
    if (members !== undefined) return members;
    const known = [...building.declared.keys(), ...building.bundles.keys()];
    building.report.error(
      '',
      `--only: there is no process or bundle "${name}"`,
      didYouMean(name, known) ?? hintForUnknown(name, building),
    );
    return [];
  });
}

/**
 * `names`, what was declared at run time, and what they need at any distance, in the order of declaration. What is only
 * optional is not brought along.
 */
export function keepNeeded(names: readonly string[], { declared }: Building): ReadonlySet<string> {
  const dynamic = [...declared.values()].filter(({ source }) => source === 'dynamic').map(({ name }) => name);
  const kept = new Set([...names, ...dynamic]);
  // A Set visits what is added while it is walked.
  for (const name of kept) {
    const declaration = declared.get(name);
    for (const needed of declaration === undefined ? [] : neededNames(declaration.draft)) {
      if (declared.has(needed)) kept.add(needed);
    }
  }
  return new Set([...declared.keys()].filter((name) => kept.has(name)));
}

export interface BootQuestion {
  readonly specs: ReadonlyMap<string, ProcessSpec>;
  readonly bundles: ReadonlyMap<string, readonly string[]>;
  readonly graph: Graph;
  /** Named on the command line: these boot whatever their declaration says. */
  readonly only: readonly string[] | undefined;
}

/**
 * What the boot starts, in start order. Its roots are the enabled processes whose initial state is running (those of
 * the bundle `default` where there is one, and those declared at run time, which nobody could put there), or what
 * `only` names. What a root needs starts with it, also when it is on demand: to be needed is the demand. A disabled
 * dependency does not; who needs it then fails, with that reason.
 */
export function toBootSet({ specs, bundles, graph, only }: BootQuestion): readonly string[] {
  const roots = [...specs.values()].filter(startsByItself(only ?? bundles.get(defaultBundle))).map(({ name }) => name);
  const booting = new Set([...(only ?? []), ...roots]);
  for (const name of booting) {
    for (const dependency of specs.get(name)?.dependsOn ?? []) {
      const needed = specs.get(dependency.process);
      if (!dependency.optional && needed?.enabled === true) booting.add(needed.name);
    }
  }
  return toLayers(graph)
    .flat()
    .filter((name) => booting.has(name));
}

function startsByItself(chosen: readonly string[] | undefined): (spec: ProcessSpec) => boolean {
  const members = chosen === undefined ? undefined : new Set(chosen);
  const isChosen = ({ name, source }: ProcessSpec): boolean =>
    members === undefined || members.has(name) || source === 'dynamic';
  return (spec) => spec.enabled && spec.initialState === 'running' && isChosen(spec);
}
