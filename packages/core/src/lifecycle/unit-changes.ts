import type { CoreHooks } from '../hooks/hooks.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';

/**
 * Fires `unit.changed` when what can be seen of a unit has changed. One step of an instance may touch its unit more
 * than once; nothing is compared while nobody listens.
 */
export function tellUnitChanges(roster: Roster, changed: CoreHooks['unit']['changed']): void {
  const told = new WeakMap<Unit, string>();
  roster.subscribe((unit) => {
    if (!changed.hasTaps()) return;
    const view = unit.view();
    const text = JSON.stringify(view);
    if (told.get(unit) === text) return;
    told.set(unit, text);
    changed.fire(view);
  });
}
