import { toPluginError } from '../hooks/failures.ts';
import type { TapOwner } from '../hooks/owner.ts';
import type { Plan } from '../plan/spec.ts';
import { BugError } from '../errors.ts';
import {
  type Candidate,
  findSame,
  isSetUp,
  orderCandidates,
  type PluginProblem,
  renewDependents,
  resolveAll,
} from './candidates.ts';
import type { HostState } from './host.ts';
import type { PluginRequest } from './resolve.ts';
import { type SetUp, setUpPlugin } from './set-up.ts';

/** The plugins of a plan that is being made. What is in force stays so until the trial is accepted. */
export interface Trial {
  /** Those admitted so far, in order. */
  readonly setUps: readonly SetUp[];
  /** The same, as the hooks know them: planning hooks are fired for these only. */
  readonly owners: ReadonlySet<TapOwner>;
  /**
   * Takes plugins in: one that is in force with the same options stays as it is, others are resolved and set up.
   * Returns every problem found; with one the trial can only be discarded.
   */
  admit(requests: readonly PluginRequest[]): Promise<readonly PluginProblem[]>;
  /** The plan is in force: plugins it does not have go, those it brings are heard and, under a running supervisor, started. */
  accept(plan: Plan): Promise<void>;
  /** The plan is dropped: what was set up for it goes. Idempotent. */
  discard(): Promise<void>;
}

/** Starts a trial against what is in force now. */
export function createTrial(state: HostState): Trial {
  const { hooks, board } = state;
  const base = state.inForce;
  const fresh = new Set<SetUp>();
  const requested: string[] = [];
  let setUps: readonly SetUp[] = [];

  return {
    get setUps() {
      return setUps;
    },
    get owners() {
      return new Set(setUps.map(({ owner }) => owner));
    },
    async admit(requests) {
      requested.push(...requests.map(({ key }) => key));
      const kept = requests.map((request) => findSame(base, request)).filter((setUp) => setUp !== undefined);
      const { resolved, problems } = await resolveAll(
        requests.filter((request) => findSame(base, request) === undefined),
        state.ports,
      );
      if (problems.length > 0) return problems;
      const candidates = [...setUps, ...kept, ...resolved].toSorted(
        (a, b) => requested.indexOf(a.request.key) - requested.indexOf(b.request.key),
      );
      const order = orderCandidates(renewDependents(candidates, board, (setUp) => fresh.has(setUp)));
      if (order.problems.length > 0) return order.problems;
      hooks.setOrder(order.ordered.map(({ definition }) => definition.name));
      order.ordered.forEach((candidate) => sayIfChanged(candidate, state));
      return setUpAll(order.ordered);
    },
    async accept(plan) {
      if (state.inForce !== base) throw new BugError('two plans were tried at the same time, and both accepted');
      for (const setUp of base.filter((one) => !setUps.includes(one)).toReversed()) await setUp.dispose();
      state.inForce = setUps;
      for (const setUp of setUps.filter((one) => fresh.has(one))) await startSetUp(setUp, plan, state);
      fresh.clear();
    },
    async discard() {
      for (const setUp of [...fresh].toReversed()) await setUp.dispose();
      fresh.clear();
      hooks.setOrder(state.inForce.map(({ name }) => name));
    },
  };

  async function setUpAll(ordered: readonly Candidate[]): Promise<readonly PluginProblem[]> {
    state.compile ??= (await import('../hooks/compile.ts')).compileHook;
    const admitted: SetUp[] = [];
    for (const candidate of ordered) {
      try {
        const setUp = isSetUp(candidate) ? candidate : await setUpPlugin(candidate, state);
        if (setUp !== candidate) fresh.add(setUp);
        admitted.push(setUp);
      } catch (cause) {
        return [{ key: candidate.request.key, error: toPluginError(candidate.definition.name, 'setup', cause) }];
      }
    }
    setUps = admitted;
    return [];
  }
}

/** Whoever edits a plugin and reloads must learn that the old code goes on: Node loads a module once. */
function sayIfChanged({ from, definition }: Candidate, { stamps, ports, connections }: HostState): void {
  if (from === 'bundled') return;
  const stamp = ports.modules.stamp(from);
  if (stamps.has(from) && stamps.get(from) !== stamp) {
    connections.logger.warn(
      `plugin ${definition.name} goes on as it was loaded: ${from} has changed, and only a restart of pm loads it again`,
    );
  }
  stamps.set(from, stamp);
}

/** At boot the supervisor fires `starting` for all; a plugin that joins later gets its own. */
async function startSetUp(setUp: SetUp, plan: Plan, state: HostState): Promise<void> {
  setUp.owner.running = true;
  if (!state.connected) return;
  const { starting, running } = state.hooks.supervisor;
  const only = new Set([setUp.owner]);
  try {
    await starting.fire(plan, { only });
    const snapshot = state.connections.snapshot();
    if (snapshot.phase === 'running') await running.fire(snapshot, { only });
  } catch {
    // The guard has reported it. The plan is in force, and processes are worth more than a plugin: it goes on without.
    state.inForce = state.inForce.filter((one) => one !== setUp);
    await setUp.dispose();
  }
}
