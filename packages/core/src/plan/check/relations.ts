import { joinPath } from '../../config/path.ts';
import { hintForUnknown } from '../build/dependencies.ts';
import type { Building } from '../build/building.ts';
import { findCycles, formatChain, withDependencies } from '../graph.ts';
import type { Graph } from '../graph.ts';
import type { ProcessSpec } from '../spec.ts';
import { findPriorityConflicts } from '../waves.ts';

/** What the checks between processes look at. */
export interface Relations {
  readonly specs: ReadonlyMap<string, ProcessSpec>;
  readonly graph: Graph;
  readonly booting: ReadonlySet<string>;
  readonly building: Building;
}

/** Every knot of processes that need each other, with the way round. */
export function checkCycles({ graph, building }: Pick<Relations, 'graph' | 'building'>): void {
  for (const cycle of findCycles(graph)) {
    const [first = '', second = ''] = cycle;
    // A process that depends on itself was reported in its own words.
    if (cycle.length === 2) continue;
    const path = joinPath(joinPath(pathOf(first, building), 'depends_on'), second);
    building.report.error(
      path,
      `the dependencies form a cycle: ${formatChain(cycle)}`,
      'Remove one of them: none of these processes could ever start.',
    );
  }
}

/** Dependencies of booting processes that nothing will start. Certain to fail, but a command may start them in time: a warning. */
export function checkReachable({ specs, booting, building }: Relations): void {
  for (const name of booting) {
    for (const dependency of specs.get(name)?.dependsOn ?? []) {
      const needed = specs.get(dependency.process);
      const why = needed === undefined || dependency.optional ? undefined : toUnreachable(needed, booting);
      const path = joinPath(joinPath(pathOf(name, building), 'depends_on'), dependency.process);
      if (why !== undefined)
        building.report.warning(
          path,
          `"${name}" will fail at boot: it needs "${dependency.process}", ${why}`,
          'Enable it, remove the dependency, or set "optional: true".',
        );
    }
  }
}

function toUnreachable(needed: ProcessSpec, booting: ReadonlySet<string>): string | undefined {
  if (!needed.enabled && !booting.has(needed.name)) return 'which is disabled';
  return needed.scale === 0 ? 'which has "scale: 0"' : undefined;
}

/** `priority` against dependencies: told only where the user set the priority that does not count. */
export function checkPriorities({ graph, building }: Relations): void {
  for (const { process, priority, wave, neededBy } of findPriorityConflicts(graph)) {
    if (building.declared.get(process)?.draft.priority === undefined) continue;
    const message = `"${process}" has priority ${priority} but starts with priority ${wave}: "${neededBy}" depends on it`;
    building.report.warning(
      joinPath(pathOf(process, building), 'priority'),
      message,
      `Dependencies win over priority. Set "priority: ${wave}" or less.`,
    );
  }
}

/** `conflicts_with` names other processes, which it does not need and which do not boot together with it. */
export function checkConflicts(relations: Relations): void {
  const { specs, building } = relations;
  for (const spec of specs.values()) {
    const path = joinPath(pathOf(spec.name, building), 'conflicts_with');
    for (const [index, other] of spec.conflictsWith.entries())
      checkConflict(spec, other, { ...relations, path: joinPath(path, index) });
  }
}

function checkConflict(
  spec: ProcessSpec,
  other: string,
  { specs, graph, booting, building, path }: Relations & { path: string },
): void {
  const { report } = building;
  if (other === spec.name)
    return report.error(path, `"${other}" conflicts with itself`, 'Remove it from "conflicts_with".');
  const opponent = specs.get(other);
  if (opponent === undefined) {
    if (!building.declared.has(other))
      report.error(path, `there is no process "${other}" to conflict with`, () => hintForUnknown(other, building));
    return;
  }
  if (withDependencies(graph, [spec.name]).includes(other) || withDependencies(graph, [other]).includes(spec.name)) {
    return report.error(
      path,
      `"${spec.name}" and "${other}" conflict, but one needs the other`,
      'Remove the conflict or the dependency.',
    );
  }
  if (booting.has(spec.name) && booting.has(other) && !isConditional(spec) && !isConditional(opponent)) {
    report.error(
      path,
      `"${spec.name}" and "${other}" conflict, but both start at boot`,
      'Set "initial_state: stopped" on one of them.',
    );
  }
}

/** Whether it takes part is only known at boot. */
function isConditional(spec: ProcessSpec): boolean {
  return spec.onlyIf !== undefined || spec.skipIf !== undefined;
}

function pathOf(name: string, { declared }: Building): string {
  return declared.get(name)?.path ?? joinPath('processes', name);
}
