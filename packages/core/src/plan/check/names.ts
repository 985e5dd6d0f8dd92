import { joinPath } from '../../config/path.ts';
import type { Building } from '../build/building.ts';

import type { ProcessSpec } from '../spec.ts';

/**
 * Instances are called `NAME-1`, `NAME-2`, …; no process or bundle may have the name of one, or commands could not tell
 * them apart. A process that could only be scaled into such a name later gets a lower `maxScale`: returned by name.
 */
export function checkInstanceNames(
  specs: ReadonlyMap<string, ProcessSpec>,
  building: Building,
): ReadonlyMap<string, number> {
  const ceilings = new Map<string, number>();
  for (const name of new Set([...building.declared.keys(), ...building.bundles.keys()])) {
    const [, owner = '', digits = ''] = /^(.+)-([1-9]\d*)$/.exec(name) ?? [];
    const spec = specs.get(owner);
    if (spec === undefined) continue;
    const index = Number(digits);
    const declared = building.declared.get(owner);
    if (index <= Math.max(1, spec.scale, declared?.draft.max_scale ?? 0)) reportTaken(name, spec, building);
    else if (index <= spec.maxScale) ceilings.set(owner, Math.min(ceilings.get(owner) ?? Infinity, index - 1));
  }
  return ceilings;
}

/** Told at the one that came last: what a caller declares at run time, where the other stands in the files. */
function reportTaken(name: string, owner: ProcessSpec, { declared, report }: Building): void {
  const taker = declared.get(name);
  const hint = `Rename one of them: instances of "${owner.name}" are called ${owner.name}-1, ${owner.name}-2, ….`;
  if (owner.source === 'dynamic' && taker?.source !== 'dynamic') {
    const path = declared.get(owner.name)?.path ?? joinPath('processes', owner.name);
    const kind = taker === undefined ? 'bundle' : 'process';
    return report.error(path, `its instance "${name}" would have the name of the ${kind} "${name}"`, hint);
  }
  report.error(
    taker?.path ?? joinPath('bundles', name),
    `"${name}" is also the name of an instance of "${owner.name}"`,
    hint,
  );
}
