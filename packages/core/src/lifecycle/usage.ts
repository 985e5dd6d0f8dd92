import type { Ports } from '../instance/ports.ts';
import { endOfTurn } from '../os/clock.ts';
import type { TreeUsage } from '../os/tree-usage.ts';
import type { Roster } from '../unit/roster.ts';

/** Longest time that measuring holds up everything else, in one go. */
const sliceMs = 2;

/**
 * What the tree of each living instance uses, by instance. Only those named, or all. A thousand of them take a tenth of
 * a second, so it gives way to everything else every few milliseconds.
 */
export async function measureUsage(
  roster: Roster,
  { clock, probes }: Pick<Ports, 'clock' | 'probes'>,
  instances?: ReadonlySet<string>,
): Promise<ReadonlyMap<string, TreeUsage>> {
  const found = new Map<string, TreeUsage>();
  let startedAt = clock.monotonic();
  for (const { id, child } of roster.units.flatMap((unit) => unit.instances)) {
    if (child === undefined || instances?.has(id) === false) continue;
    const usage = probes.treeUsage(child.tree());
    if (usage !== undefined) found.set(id, usage);
    if (clock.monotonic() - startedAt < sliceMs) continue;
    await new Promise<void>(endOfTurn);
    startedAt = clock.monotonic();
  }
  return found;
}
