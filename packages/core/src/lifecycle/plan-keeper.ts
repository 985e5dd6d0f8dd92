import type { PlanChanges, PlanStep } from '../command/dispatch.ts';
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

/** A plan that is in force from now on, and what it replaces. */
export interface PlanChange {
  readonly before: Plan;
  readonly plan: Plan;
  readonly diff: PlanDiff;
  /** Instances of templates that a command is about: it says whether they start. */
  readonly asked: readonly string[];
}

export interface PlanKeeperOptions {
  readonly plan: Plan;
  readonly replan: Planner;
  /** Makes the world what the new plan says. Resolves when everybody knows the plan; the next change may begin then. */
  readonly apply: (change: PlanChange) => Promise<{ readonly done: Promise<void> }>;
  /** Everything stops: changes that waited until now are refused. */
  readonly isEnding: () => boolean;
  /** A change was refused: nothing is different. */
  readonly onRejected: (error: unknown) => void;
}

export interface PlanKeeper extends PlanChanges {
  /** The plan in force. */
  readonly plan: Plan;
  /** Makes sure that these instances of templates (`openvpn@eu`) exist. They are known from then on, and down. */
  instantiate(names: readonly string[]): Promise<void>;
}

interface ChangeOptions {
  readonly reread?: boolean;
  readonly dryRun?: boolean;
  readonly asked?: readonly string[];
}

/**
 * Holds the plan in force and changes it, one change after the other. Processes declared at run time are kept apart
 * from those of the files, so that they survive a reload. A change that fails a gate changes nothing.
 */
export function createPlanKeeper(options: PlanKeeperOptions): PlanKeeper {
  return new QueuedPlanKeeper(options);
}

class QueuedPlanKeeper implements PlanKeeper {
  readonly #options: PlanKeeperOptions;
  #plan: Plan;
  #wanted: Wanted = { dynamic: new Map(), instantiate: [] };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PlanKeeperOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  get plan(): Plan {
    return this.#plan;
  }

  applyConfig(dryRun: boolean): Promise<PlanStep> {
    return this.#enqueue(() => this.#change(this.#wanted, { reread: true, dryRun }));
  }

  put(name: string, declaration: unknown): Promise<PlanStep> {
    return this.#enqueue(() => {
      const source = this.#plan.processes.get(name)?.source ?? 'dynamic';
      if (source !== 'dynamic') throw toDeclaredElsewhere(name, source);
      return this.#change({ ...this.#wanted, dynamic: new Map(this.#wanted.dynamic).set(name, declaration) });
    });
  }

  remove(name: string): Promise<PlanStep> {
    return this.#enqueue(() => {
      const { dynamic, instantiate } = this.#wanted;
      if (!dynamic.has(name) && !instantiate.includes(name)) throw toNotDynamic(name, this.#plan.processes.has(name));
      const next = new Map(dynamic);
      next.delete(name);
      return this.#change({ dynamic: next, instantiate: instantiate.filter((other) => other !== name) });
    });
  }

  reconcile(
    label: readonly [string, string],
    declarations: Readonly<Record<string, unknown>>,
    dryRun: boolean,
  ): Promise<PlanStep> {
    return this.#enqueue(() => {
      const [key, value] = label;
      const others = [...this.#wanted.dynamic].filter(
        ([name]) => this.#plan.processes.get(name)?.labels[key] !== value,
      );
      const labelled = Object.entries(declarations).map(
        ([name, declaration]) => [name, withLabel(declaration, label)] as const,
      );
      return this.#change({ ...this.#wanted, dynamic: new Map([...others, ...labelled]) }, { reread: false, dryRun });
    });
  }

  async instantiate(names: readonly string[]): Promise<void> {
    await this.#enqueue(async () => {
      const missing = names.filter((name) => !this.#plan.processes.has(name));
      if (missing.length === 0) return;
      const instantiate = [...this.#wanted.instantiate, ...missing];
      await this.#change({ ...this.#wanted, instantiate }, { asked: missing });
    });
  }

  /** A throw of `work` itself is a rejection too: it runs in the queue. */
  #enqueue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#options.isEnding())
        throw new CommandError('PM_COMMAND_REFUSED', 'cannot change the plan: shutting down');
      return work();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #change(next: Wanted, { reread = false, dryRun = false, asked = [] }: ChangeOptions = {}): Promise<PlanStep> {
    try {
      const candidate = await this.#options.replan({ reread, ...next });
      const before = this.#plan;
      const { plan } = candidate;
      const diff = diffPlans(before, plan);
      if (dryRun) {
        await candidate.discard();
        return { diff, done: Promise.resolve() };
      }
      this.#plan = plan;
      this.#wanted = next;
      await candidate.accept();
      const { done } = await this.#options.apply({ before, plan, diff, asked });
      return { diff, done };
    } catch (error) {
      this.#options.onRejected(error);
      throw error;
    }
  }
}

function toDeclaredElsewhere(name: string, source: 'file' | 'plugin'): CommandError {
  const where = source === 'file' ? 'the configuration file' : 'a plugin';
  return new CommandError('PM_COMMAND_INVALID', `"${name}" is declared by ${where}`, {
    hint: 'Change it there and reload, or use another name.',
  });
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
