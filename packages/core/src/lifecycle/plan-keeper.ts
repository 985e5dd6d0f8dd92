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
}

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
  /** Makes sure that an instance of a template exists. */
  instantiate(name: string, declaration: unknown): Promise<void>;
}

/**
 * Holds the plan in force and changes it, one change after the other. Processes declared at run time are kept apart
 * from those of the files, so that they survive a reload. A change that fails a gate changes nothing.
 */
export function createPlanKeeper(options: PlanKeeperOptions): PlanKeeper {
  let plan = options.plan;
  let dynamic: ReadonlyMap<string, unknown> = new Map();
  let queue: Promise<unknown> = Promise.resolve();

  return {
    get plan() {
      return plan;
    },
    applyConfig: (dryRun) => enqueue(() => change(dynamic, { reread: true, dryRun })),
    put: (name, declaration) => enqueue(() => putProcess(name, declaration)),
    remove: (name) => enqueue(() => removeProcess(name)),
    reconcile: (label, declarations, dryRun) => enqueue(() => reconcile(label, declarations, dryRun)),
    instantiate: (name, declaration) => enqueue(async () => void (plan.processes.has(name) || (await putProcess(name, declaration)))),
  };

  function enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  async function change(next: ReadonlyMap<string, unknown>, { reread, dryRun }: { reread: boolean; dryRun: boolean }): Promise<PlanDiff> {
    try {
      const candidate = await options.replan({ reread, dynamic: next });
      const diff = diffPlans(plan, candidate.plan);
      if (dryRun) {
        await candidate.discard();
        return diff;
      }
      plan = candidate.plan;
      dynamic = next;
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
    return change(new Map(dynamic).set(name, declaration), { reread: false, dryRun: false });
  }

  function removeProcess(name: string): Promise<PlanDiff> {
    if (!dynamic.has(name)) {
      const known = plan.processes.has(name);
      const message = known ? `"${name}" was not declared at run time` : `there is no process "${name}"`;
      const hint = known ? 'Remove it from the configuration and reload, or stop it.' : 'Removing is idempotent only for names that were dynamic.';
      throw new CommandError(known ? 'PM_COMMAND_INVALID' : 'PM_COMMAND_UNKNOWN_TARGET', message, { hint });
    }
    const next = new Map(dynamic);
    next.delete(name);
    return change(next, { reread: false, dryRun: false });
  }

  function reconcile(label: readonly [string, string], declarations: Readonly<Record<string, unknown>>, dryRun: boolean): Promise<PlanDiff> {
    const others = [...dynamic].filter(([name]) => plan.processes.get(name)?.labels[label[0]] !== label[1]);
    const labelled = Object.entries(declarations).map(([name, declaration]) => [name, withLabel(declaration, label)] as const);
    return change(new Map([...others, ...labelled]), { reread: false, dryRun });
  }
}

function withLabel(declaration: unknown, [key, value]: readonly [string, string]): unknown {
  if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration)) return declaration;
  const { labels } = declaration as { labels?: unknown };
  const kept = typeof labels === 'object' && labels !== null ? labels : {};
  return { ...declaration, labels: { ...kept, [key]: value } };
}
