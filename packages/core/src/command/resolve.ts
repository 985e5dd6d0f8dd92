import { CommandError } from '../errors.ts';
import type { PlanKeeper } from '../lifecycle/plan-keeper.ts';
import { findTargets } from '../plan/targets.ts';
import type { Roster } from '../unit/roster.ts';
import type { Target } from './command.ts';
import type { Addressee } from './perform.ts';

/** Finds what a command addresses; instances of templates that are not there yet are planned first. */
export async function resolveTargets(
  targets: readonly Target[],
  keeper: PlanKeeper,
  roster: Roster,
): Promise<readonly Addressee[]> {
  const found = findTargets(keeper.plan, targets);
  if (!found.ok) throw new CommandError('PM_COMMAND_UNKNOWN_TARGET', found.message, { hint: found.hint });
  if (found.templates.length > 0) await keeper.instantiate(found.templates);
  return found.targets.flatMap(({ process, index }) => {
    const unit = roster.get(process);
    if (unit === undefined) return [];
    return index === undefined ? [{ unit }] : [{ unit, index }];
  });
}
