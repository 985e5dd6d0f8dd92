import type { PlanChanges } from '../command/dispatch.ts';
import { CommandError } from '../errors.ts';
import { diffPlans } from '../plan/diff.ts';
import type { Plan, PlanDiff } from '../plan/spec.ts';

/** A plan that passed all gates and is not in force yet. */
export interface PlanCandidate {
  readonly plan: Plan;
  /** It is in force: plugins it switched off go, those it switched on are heard. */
  accept(): Promise<void>;
  /** It is dropped: plugins set up for it go. */
  discard(): Promise<void>;
}

export interface PlanRequestAtRunTime {
  /** Read the files again; false: as they were read last. */
  readonly reread: boolean;
  /** Processes declared at run time, by name, as a file would hold them. */
  readonly dynamic: ReadonlyMap<string, unknown>;
  /** Instances of templates that were asked for: `openvpn@eu`. */
  readonly instantiate: readonly string[];
}

type Wanted = Omit<PlanRequestAtRunTime, 'reread'>;

/** Makes plans. Throws ConfigError with all diagnostics. */
export type Planner = (request: PlanRequestAtRunTime) => Promise<PlanCandidate>;

export interface PlanKeeperOptions {
  readonly plan: Plan;
  readonly replan: Planner;
  /** Makes the world what the new plan says. */
  readonly apply: (plan: Plan, diff: PlanDiff) => Promise<void>;
  /** A change was refused: nothing is different. */
  readonly onRejected: (error: unknown) => void;
}

export interface PlanKeeper extends PlanChanges {
  /** The plan in force. */
  readonly plan: Plan;
  /** Makes sure that these instances of templates (`openvpn@eu`) exist. They are known from then on, and down. */
  instantiate(names: readonly string[]): Promise<void>;
}

/**
 * Holds the plan in force and changes it, one change after the other. Processes declared at run time are kept apart
 * from those of the files, so that they survive a reload. A change that fails a gate changes nothing.
 */
export function createPlanKeeper(options: PlanKeeperOptions): PlanKeeper {
  let plan = options.plan;
  let wanted: Wanted = { dynamic: new Map(), instantiate: [] };
  let queue: Promise<unknown> = Promise.resolve();

  return {
    get plan() {
      return plan;
    },
    applyConfig: (dryRun) => enqueue(() => change(wanted, { reread: true, dryRun })),
    put: (name, declaration) => enqueue(() => putProcess(name, declaration)),
    remove: (name) => enqueue(() => removeProcess(name)),
    reconcile: (label, declarations, dryRun) => enqueue(() => reconcile(label, declarations, dryRun)),
    instantiate: (names) => enqueue(() => instantiate(names)),
  };

  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  async function change(next: Wanted, { reread, dryRun }: { reread: boolean; dryRun: boolean }): Promise<PlanDiff> {
    try {
      const candidate = await options.replan({ reread, ...next });
      const diff = diffPlans(plan, candidate.plan);
      if (dryRun) {
        await candidate.discard();
        return diff;
      }
      plan = candidate.plan;
      wanted = next;
      await candidate.accept();
      await options.apply(plan, diff);
      return diff;
    } catch (error) {
      options.onRejected(error);
      throw error;
    }
  }

  function putProcess(name: string, declaration: unknown): Promise<PlanDiff> {
    const known = plan.processes.get(name);
    if (known !== undefined && known.source !== 'dynamic') {
      throw new CommandError('PM_COMMAND_INVALID', `"${name}" is declared by the ${known.source === 'file' ? 'configuration file' : 'plugins'}`, {
        hint: 'Change it there and reload, or use another name.',
      });
    }
    return change({ ...wanted, dynamic: new Map(wanted.dynamic).set(name, declaration) }, { reread: false, dryRun: false });
  }

  function removeProcess(name: string): Promise<PlanDiff> {
    const instantiated = wanted.instantiate.includes(name);
    if (!wanted.dynamic.has(name) && !instantiated) throw toNotDynamic(name, plan.processes.has(name));
    const next = new Map(wanted.dynamic);
    next.delete(name);
    const instantiate = wanted.instantiate.filter((other) => other !== name);
    return change({ dynamic: next, instantiate }, { reread: false, dryRun: false });
  }

  async function instantiate(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !plan.processes.has(name));
    if (missing.length === 0) return;
    await change({ ...wanted, instantiate: [...wanted.instantiate, ...missing] }, { reread: false, dryRun: false });
  }

  function reconcile(label: readonly [string, string], declarations: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<PlanDiff> {
    const others = [...wanted.dynamic].filter(([name]) => plan.processes.get(name)?.labels[label[0]] !== label[1]);
    const labelled = Object.entries(declarations).map(([name, declaration]) => [name, withLabel(declaration, label)] as const);
    return change({ ...wanted, dynamic: new Map([...others, ...labelled]) }, { reread: false, dryRun });
  }
}

function toNotDynamic(name: string, known: boolean): CommandError {
  if (!known) return new CommandError('PM_COMMAND_UNKNOWN_TARGET', `there is no process "${name}"`);
  return new CommandError('PM_COMMAND_INVALID', `"${name}" was not declared at run time`, {
    hint: 'Remove it from the configuration and reload, or stop it.',
  });
}

function withLabel(declaration: unknown, [key, value]: readonly [string, string]): unknown {
  if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration)) return declaration;
  const { labels } = declaration as { labels?: unknown };
  const kept = typeof labels === 'object' && labels !== null ? labels : {};
  return { ...declaration, labels: { ...kept, [key]: value } };
}
