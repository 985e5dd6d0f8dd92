import type { ProcessSpec } from '../plan/spec.ts';

/**
 * Which of those that go have to be gone before one of those that come may start: they could not run side by side. Found
 * by what both declare: a port, or the very same program, which is what renaming a process looks like. Linear. Pure.
 */
export function findRivals(
  coming: readonly ProcessSpec[],
  going: readonly ProcessSpec[],
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const spec of going) {
    for (const claim of toClaims(spec)) owners.set(claim, [...(owners.get(claim) ?? []), spec.name]);
  }
  const rivals = new Map<string, readonly string[]>();
  for (const spec of coming) {
    const found = toClaims(spec).flatMap((claim) => owners.get(claim) ?? []);
    if (found.length > 0) rivals.set(spec.name, [...new Set(found)]);
  }
  return rivals;
}

/** What only one process can have at a time, as far as its declaration tells. */
function toClaims({ command, env, workingDir, portBase, scale, readiness }: ProcessSpec): readonly string[] {
  const ports = portBase === undefined ? [] : Array.from({ length: scale }, (_, index) => portBase + index);
  if (readiness.kind === 'port') ports.push(readiness.port);
  return [`program ${JSON.stringify([command, env, workingDir])}`, ...ports.map((port) => `port ${port}`)];
}
