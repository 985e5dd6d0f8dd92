import { createDispatch, type Dispatch } from './command/dispatch.ts';
import { resolveTargets } from './command/resolve.ts';
import { writeEvents } from './event/describe.ts';
import { PmError } from './errors.ts';
import type { Caller, ShutdownCulprit } from './event/event.ts';
import { createJournal, type Journal } from './event/journal.ts';
import { toExitCode } from './instance/exit.ts';
import type { Ports } from './instance/ports.ts';
import type { Snapshot } from './instance/view.ts';
import { type ApplyPlan, createApplier } from './lifecycle/apply.ts';
import { bootUnits } from './lifecycle/boot.ts';
import { drainUnits } from './lifecycle/drain.ts';
import { startForeground, type Foreground } from './lifecycle/foreground.ts';
import { runGlobalHooks } from './lifecycle/global-hooks.ts';
import { createEndWatch, type EndWatch } from './lifecycle/end-watch.ts';
import { toInstanceHooks } from './lifecycle/instance-hooks.ts';
import { watchMemory } from './lifecycle/memory-watch.ts';
import { measureUsage } from './lifecycle/usage.ts';
import { createPlanKeeper, type PlanChange, type PlanKeeper } from './lifecycle/plan-keeper.ts';
import { toRejection } from './lifecycle/rejection.ts';
import { tellUnitChanges } from './lifecycle/unit-changes.ts';
import type { TreeUsage } from './os/tree-usage.ts';
import { toPipelineSettings } from './log/settings.ts';
import { diffPlans } from './plan/diff.ts';
import type { HookSet, Plan, SignalName } from './plan/spec.ts';
import { followRestarts } from './unit/follow-restarts.ts';
import { Roster } from './unit/roster.ts';
import { coreVersion } from './version.ts';
import type { StopRequest, Supervisor, SupervisorOptions } from './world.ts';

export type { Supervisor, SupervisorOptions, World } from './world.ts';

/** The composition root of a run: joins plan, units, hooks and the world. Nothing has happened until `run`. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new RunningSupervisor(options);
}

/** Exit codes that are not those of a process; see docs/reference/cli. */
const bootFailedCode = 1;
const defectCode = 70;
const alreadyRunningCode = 75;

/** How long the last lines may take when nobody reads the output. */
const flushLimitMs = 2000;

class RunningSupervisor implements Supervisor {
  readonly journal: Journal;
  readonly dispatch: Dispatch;
  readonly #options: SupervisorOptions;
  readonly #ports: Ports;
  readonly #roster: Roster;
  readonly #keeper: PlanKeeper;
  readonly #applyPlan: ApplyPlan;
  readonly #endWatch: EndWatch;
  /** Aborts when the stop begins: boot, reloads and waits end. */
  readonly #draining = new AbortController();
  /** Aborts when what is left is to be killed. */
  readonly #hurry = new AbortController();
  readonly #startedAt: number;
  #phase: Snapshot['phase'] = 'booting';
  #stop: { readonly reason: string; readonly caller: Caller; readonly signal: SignalName } | undefined;
  /** The plan has become units: from now on a change of the plan is a change of them. */
  #unitsKnown = false;
  readonly #unitsStarted = Promise.withResolvers<void>();
  #exitCode = 0;
  #foreground: Foreground | undefined;
  /** Where somebody listens for commands. */
  #socket: string | undefined;

  constructor(options: SupervisorOptions) {
    const { world, hooks, plan } = options;
    this.#options = options;
    this.#startedAt = world.clock.now();
    this.journal = createJournal({ now: () => world.clock.now(), onListenerError: (error) => this.fail(error) });
    const announced = (): string | undefined => this.#socket;
    this.#ports = {
      ...world,
      hooks: toInstanceHooks(hooks),
      emit: (type, payload) => void this.journal.append(type, payload),
      get socket() {
        return announced();
      },
    };
    this.#roster = new Roster(this.#ports);
    this.#keeper = createPlanKeeper({
      plan,
      replan: options.replan,
      apply: (change) => this.#apply(change),
      isEnding: () => this.#stop !== undefined,
      onRejected: (error) => this.#ports.emit('plan.rejected', toRejection(error)),
    });
    this.#applyPlan = createApplier({
      roster: this.#roster,
      ports: this.#ports,
      current: () => this.#keeper.plan,
      signal: this.#draining.signal,
    });
    this.#endWatch = createEndWatch({
      roster: this.#roster,
      plan: () => this.#keeper.plan,
      mayIdle: () => this.#phase === 'running' && this.#foreground === undefined,
      end: (reason, exitCode) => this.#requestStop({ reason, caller: 'core', exitCode }),
    });
    this.dispatch = createDispatch({
      clock: world.clock,
      ports: this.#ports,
      roster: this.#roster,
      changes: this.#keeper,
      phase: () => this.#phase,
      refusal: (command, caller) => hooks.command.received.fire(command, caller),
      emit: this.#ports.emit,
      resolve: (targets) => resolveTargets(targets, this.#keeper, this.#roster),
      shutdown: (reason, caller) => this.#requestStop({ reason, caller, again: 'kill' }),
    });
    writeEvents(this.journal, world.logs.logger);
  }

  get plan(): Plan {
    return this.#keeper.plan;
  }

  async run(): Promise<number> {
    tellUnitChanges(this.#roster, this.#options.hooks.unit.changed);
    followRestarts(this.#roster);
    const stopWatchingMemory = watchMemory(this.#roster, this.#ports);
    try {
      await this.#boot();
      await this.#untilStopped();
      return await this.#drain();
    } finally {
      stopWatchingMemory();
    }
  }

  snapshot(): Snapshot {
    const { name } = this.plan;
    return Object.freeze({
      seq: this.journal.seq,
      phase: this.#phase,
      ...(name === undefined ? {} : { name }),
      version: coreVersion,
      pid: this.#options.world.pid,
      startedAt: this.#startedAt,
      processes: this.#roster.units.map((unit) => unit.view()),
    });
  }

  usage(instances?: ReadonlySet<string>): Promise<ReadonlyMap<string, TreeUsage>> {
    return measureUsage(this.#roster, this.#ports, instances);
  }

  announceSocket(path: string | undefined): void {
    this.#socket = path;
  }

  onSignal(signal: SignalName): void {
    switch (signal) {
      case 'SIGHUP':
        return void this.dispatch({ type: 'apply-config' }, { caller: 'signal' }).catch(() => undefined);
      case 'SIGINT':
      case 'SIGQUIT':
        // With the terminal these are for the command that has it; the terminal itself sends them to both of us.
        if (this.#foreground !== undefined && this.#stop === undefined) {
          return this.#options.world.hasTerminal ? undefined : this.#foreground.signal(signal);
        }
        return this.#requestStop({ reason: signal, caller: 'signal', signal, again: 'kill' });
      case 'SIGTERM':
        return this.#requestStop({ reason: signal, caller: 'signal', signal, again: 'kill' });
      default:
    }
  }

  hold(): () => void {
    return this.#endWatch.hold();
  }

  fail(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.logs.logger.error(`defect in pm, stopping in order: ${message}`);
    this.#requestStop({ reason: 'a defect in pm', caller: 'core', exitCode: defectCode });
  }

  /** Runs everything up to "all is up". Ends early, without an error, as soon as a stop is asked for. */
  async #boot(): Promise<void> {
    const { clock, emit } = this.#ports;
    const { hooks } = this.#options;
    const startedAt = clock.monotonic();
    const name = this.plan.name === undefined ? {} : { name: this.plan.name };
    emit('supervisor.starting', { processes: this.plan.booting.length, version: coreVersion, ...name });
    if (!(await this.#prepare(this.plan)) || this.#draining.signal.aborted) return;
    if (!(await this.#bootUnits()) || this.#draining.signal.aborted) return;
    await this.#runGlobalHooks('postStart', this.#draining.signal);
    if (this.#draining.signal.aborted) return;
    this.#phase = 'running';
    emit('supervisor.running', { bootMs: Math.round(clock.monotonic() - startedAt) });
    await hooks.supervisor.running.fire(this.snapshot(), { signal: this.#draining.signal });
    await this.#startForeground();
    this.#endWatch.look();
  }

  /** The plan may have changed while hooks ran: what is in force now is what boots. */
  async #bootUnits(): Promise<boolean> {
    const { plan } = this;
    this.#unitsKnown = true;
    this.#roster.add([...plan.processes.values()]);
    this.#options.hooks.plan.applied.fire(plan, diffPlans(undefined, plan));
    const onStarted = (): void => this.#unitsStarted.resolve();
    const settled = await bootUnits({
      roster: this.#roster,
      names: plan.booting,
      ports: this.#ports,
      signal: this.#draining.signal,
      onStarted,
    });
    onStarted();
    return settled;
  }

  /** What comes before the first process. A failure here is a failed boot. */
  async #prepare(plan: Plan): Promise<boolean> {
    const { signal } = this.#draining;
    try {
      await this.#options.hooks.supervisor.starting.fire(plan, { signal });
    } catch (error) {
      const code = isAlreadyRunning(error) ? alreadyRunningCode : bootFailedCode;
      if (!signal.aborted) this.#failBoot(error instanceof Error ? error.message : String(error), code);
      return false;
    }
    const ok = await this.#runGlobalHooks('preStart', signal);
    if (!ok && !signal.aborted) this.#failBoot('a pre_start hook failed');
    return ok;
  }

  #failBoot(why: string, exitCode = bootFailedCode): void {
    this.#requestStop({ reason: `boot failed: ${why}`, caller: 'core', exitCode });
  }

  #runGlobalHooks(kind: keyof HookSet, signal: AbortSignal): Promise<boolean> {
    return runGlobalHooks(kind, { plan: this.plan, ports: this.#ports, signal });
  }

  async #startForeground(): Promise<void> {
    const argv = this.#options.foreground;
    if (argv === undefined) return;
    try {
      const foreground = await startForeground(argv, this.#ports);
      this.#foreground = foreground;
      void foreground.ended.then((end) =>
        this.#requestStop({ reason: `${argv[0]} ended`, caller: 'core', exitCode: toExitCode(end) }),
      );
    } catch (error) {
      this.#failBoot(error instanceof Error ? error.message : String(error));
    }
  }

  #requestStop({ reason, caller, exitCode, signal = 'SIGTERM', again }: StopRequest): void {
    if (this.#stop !== undefined) {
      if (again === 'kill') this.#hurry.abort();
      if (exitCode === defectCode) this.#exitCode = defectCode;
      return;
    }
    this.#stop = { reason, caller, signal };
    this.#exitCode = exitCode ?? 0;
    this.#phase = 'draining';
    this.#draining.abort();
  }

  #untilStopped(): Promise<void> {
    const { signal } = this.#draining;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  async #drain(): Promise<number> {
    const { clock, emit } = this.#ports;
    const { hooks, disposePlugins, world } = this.#options;
    const startedAt = clock.monotonic();
    const stop = this.#stop ?? { reason: 'the end', caller: 'core', signal: 'SIGTERM' as const };
    emit('supervisor.draining', { reason: stop.reason, caller: stop.caller });
    const budget = clock.after(this.plan.global.shutdownTimeoutMs, () => this.#hurry.abort());
    await hooks.supervisor.draining.fire(stop.reason, stop.caller, { signal: this.#hurry.signal });
    await this.#runGlobalHooks('preStop', this.#hurry.signal);
    await this.#stopForeground(stop.signal);
    const culprits = await drainUnits({ roster: this.#roster, clock, hurry: this.#hurry.signal });
    await this.#runGlobalHooks('postStop', this.#hurry.signal);
    budget.cancel();
    this.#blame(culprits);
    await hooks.supervisor.stopped.fire(this.#exitCode);
    await disposePlugins();
    this.#phase = 'stopped';
    emit('supervisor.stopped', {
      exitCode: this.#exitCode,
      stopMs: Math.round(clock.monotonic() - startedAt),
      culprits,
    });
    await world.logs.finish(flushLimitMs);
    return this.#exitCode;
  }

  async #stopForeground(signal: SignalName): Promise<void> {
    if (this.#foreground === undefined) return;
    const end = await this.#foreground.stop(signal, this.#hurry.signal);
    if (this.#exitCode === 0) this.#exitCode = toExitCode(end);
  }

  #blame(culprits: readonly ShutdownCulprit[]): void {
    for (const { instance, waitingIn } of culprits) {
      this.#ports.emit('supervisor.warning', {
        message: `${instance} was killed at the end of the shutdown budget; it was in: ${waitingIn}`,
      });
    }
  }

  async #apply(change: PlanChange): Promise<{ done: Promise<void> }> {
    this.#ports.logs.configure(toPipelineSettings(change.plan.global));
    if (this.#unitsKnown) await this.#unitsStarted.promise;
    const done = this.#carryOut(change);
    done.catch((error: unknown) => this.fail(error));
    return { done };
  }

  /** Plugins know the plan before its first process starts. */
  async #carryOut(change: PlanChange): Promise<void> {
    const { plan, diff } = change;
    if (this.#unitsKnown) {
      const applied = this.#applyPlan(change);
      this.#options.hooks.plan.applied.fire(plan, diff);
      await applied;
    }
    this.#ports.emit('plan.applied', { diff });
    this.#endWatch.look();
  }
}

/** What a plugin throws comes stamped with its name; what it threw is the cause. */
function isAlreadyRunning(error: unknown): boolean {
  const codes = [error, error instanceof Error ? error.cause : undefined].map((one) =>
    one instanceof PmError ? one.code : undefined,
  );
  return codes.includes('PM_ALREADY_RUNNING');
}
