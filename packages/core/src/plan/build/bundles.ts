import { joinPath } from '../../config/path.ts';
import { didYouMean, listNames } from '../../config/suggest.ts';
import { formatChain } from '../graph.ts';
import type { Report } from './report.ts';

/** The bundle that says what boots, when there is one. */
export const defaultBundle = 'default';

/**
 * Bundles with their processes, bundles inside bundles taken apart, each process once, in the order written.
 * Unknown members, a bundle inside itself, and a bundle with the name of a process are reported.
 */
export function toBundles(
  bundles: Readonly<Record<string, readonly string[]>>,
  processes: ReadonlySet<string>,
  report: Report,
): ReadonlyMap<string, readonly string[]> {
  const scope: BundleScope = { bundles, processes, report };
  const flat = new Map<string, readonly string[]>();
  for (const name of Object.keys(bundles)) {
    checkName(name, scope);
    flat.set(name, [...collect(name, [], { ...scope, seen: new Set() })]);
  }
  return flat;
}

interface BundleScope {
  readonly bundles: Readonly<Record<string, readonly string[]>>;
  readonly processes: ReadonlySet<string>;
  readonly report: Report;
}

function checkName(name: string, { bundles, processes, report }: BundleScope): void {
  const at = joinPath('bundles', name);
  if (processes.has(name))
    report.error(
      at,
      `"${name}" is the name of a process too`,
      'Rename one of them: commands could not tell them apart.',
    );
  for (const [index, member] of (bundles[name] ?? []).entries()) {
    if (processes.has(member) || Object.hasOwn(bundles, member)) continue;
    report.error(joinPath(at, index), `there is no process or bundle "${member}"`, () =>
      hintForMember(member, [...processes, ...Object.keys(bundles)]),
    );
  }
}

function hintForMember(member: string, known: readonly string[]): string {
  return didYouMean(member, known) ?? `Processes and bundles are: ${listNames(known)}.`;
}

type Collecting = BundleScope & { readonly seen: Set<string> };

/** `trail` is the way from the outermost bundle; a bundle on it again is a cycle, told once, at its first name. */
function* collect(name: string, trail: readonly string[], scope: Collecting): Generator<string> {
  const way = [...trail, name];
  for (const member of scope.bundles[name] ?? []) {
    if (scope.processes.has(member)) {
      if (!scope.seen.has(member)) yield member;
      scope.seen.add(member);
    } else if (way.includes(member)) {
      reportCycle([...way.slice(way.indexOf(member)), member], trail, scope);
    } else if (!scope.seen.has(member)) {
      scope.seen.add(member);
      yield* collect(member, way, scope);
    }
  }
}

function reportCycle(cycle: readonly string[], trail: readonly string[], { report, bundles }: BundleScope): void {
  const order = Object.keys(bundles);
  const first = cycle.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))[0] ?? '';
  // Every member of the cycle walks into it; only the walk that began at its first member tells.
  if ((trail[0] ?? cycle[0]) !== first || cycle[0] !== first) return;
  report.error(
    joinPath('bundles', first),
    `the bundles hold each other: ${formatChain(cycle)}`,
    'Remove one of the references.',
  );
}
