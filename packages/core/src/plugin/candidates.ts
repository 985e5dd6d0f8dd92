import { isDeepStrictEqual } from 'node:util';
import { PluginError } from '../errors.ts';
import type { Clock } from '../os/clock.ts';
import type { ApiBoard } from './board.ts';
import { runStep } from './limit.ts';
import { findDependents, orderPlugins } from './order.ts';
import { type PluginRequest, type ResolvedPlugin, resolvePlugin, type ResolvePorts } from './resolve.ts';
import type { SetUp } from './set-up.ts';

/** Resolved, and waiting for its turn to be set up. */
export interface Pending extends ResolvedPlugin {
  readonly resolveMs: number;
}

export type Candidate = SetUp | Pending;

/** Why a plugin cannot take part; `key` is how it stands under `plugins`. */
export interface PluginProblem {
  readonly key: string;
  readonly error: PluginError;
}

/** A module may wait at its top level, for ever if it wants. */
const resolveLimitMs = 10_000;

export function isSetUp(candidate: Candidate): candidate is SetUp {
  return 'owner' in candidate;
}

/** The set-up that a request would only repeat. */
export function findSame(setUps: readonly SetUp[], { key, options }: PluginRequest): SetUp | undefined {
  return setUps.find(({ request }) => request.key === key && isSame(request.options, options));
}

/** Mostly there are none, and the first comparison in depth makes Node load what it needs for that. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(one, other);
}

/** Resolves plugins, all at once; collects every problem. */
export async function resolveAll(
  requests: readonly PluginRequest[],
  ports: ResolvePorts & { readonly clock: Clock },
): Promise<{ readonly resolved: readonly Pending[]; readonly problems: readonly PluginProblem[] }> {
  const resolved: Pending[] = [];
  const problems: PluginProblem[] = [];
  const outcomes = await Promise.allSettled(requests.map((request) => resolveTimed(request, ports)));
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') resolved.push(outcome.value);
    else problems.push({ key: requests[index]?.key ?? '', error: outcome.reason as PluginError });
  }
  return { resolved, problems };
}

async function resolveTimed(request: PluginRequest, ports: ResolvePorts & { readonly clock: Clock }): Promise<Pending> {
  const { clock } = ports;
  const startedAt = clock.monotonic();
  const step = { clock, plugin: request.key, step: 'resolve', limitMs: resolveLimitMs };
  const resolved = await runStep(step, () => resolvePlugin(request, ports));
  return { ...resolved, resolveMs: clock.monotonic() - startedAt };
}

/**
 * A plugin in force is set up again where one that it leans on is: it may hold what that one provided. `isFresh` tells
 * which set-ups were made for this plan.
 */
export function renewDependents(
  candidates: readonly Candidate[],
  board: ApiBoard,
  isFresh: (setUp: SetUp) => boolean,
): readonly Candidate[] {
  const isNew = (candidate: Candidate): boolean => !isSetUp(candidate) || isFresh(candidate);
  const leaning = candidates.map((candidate) => ({
    name: candidate.definition.name,
    requires: [...(candidate.definition.requires ?? []), ...(isSetUp(candidate) ? board.usedBy(candidate.owner) : [])],
  }));
  const dependents = findDependents(
    leaning,
    new Set(candidates.filter(isNew).map(({ definition }) => definition.name)),
  );
  return candidates.map((candidate) => {
    if (isNew(candidate) || !dependents.has(candidate.definition.name)) return candidate;
    const { request, definition, from } = candidate;
    return { request, definition, from, resolveMs: 0 };
  });
}

/** In plugin order, or the one problem that has no order: a name twice, a requirement missing, a cycle. */
export function orderCandidates(candidates: readonly Candidate[]): {
  readonly ordered: readonly Candidate[];
  readonly problems: readonly PluginProblem[];
} {
  try {
    refuseDoubles(candidates);
    const byName = new Map(candidates.map((candidate) => [candidate.definition.name, candidate]));
    const ordered = orderPlugins(candidates.map(({ definition }) => definition)).map(({ name }) => byName.get(name)!);
    return { ordered, problems: [] };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const culprit = candidates.find(({ definition }) => definition.name === error.plugin);
    return { ordered: [], problems: [{ key: culprit?.request.key ?? error.plugin, error }] };
  }
}

function refuseDoubles(candidates: readonly Candidate[]): void {
  const keys = new Map<string, string>();
  for (const { definition, request } of candidates) {
    const { name } = definition;
    const other = keys.get(name);
    if (other !== undefined) {
      throw new PluginError(
        'PM_PLUGIN_INVALID',
        `"${other}" and "${request.key}" are both the plugin "${name}"`,
        { plugin: name, hook: 'resolve' },
        {
          hint: 'Keep one of them under plugins.',
        },
      );
    }
    keys.set(name, request.key);
  }
}
