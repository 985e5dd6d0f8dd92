import { SpawnError } from '../errors.ts';
import type { Reason } from '../event/event.ts';
import type { Timer } from '../os/clock.ts';
import type { Child, ChildEnd } from '../os/spawner.ts';
import type { ProcessSpec, SignalName } from '../plan/spec.ts';
import { createAttempt, startAttempt, type Attempt } from './attempt.ts';
import { toEffects, type Effect } from './effects.ts';
import { askOverride, runEndHooks, toEndReason } from './ending.ts';
import { isSuccess } from './exit.ts';
import { createHistory, type History } from './history.ts';
import { runHooks } from './hook-run.ts';
import { getNext, liveStates, type State, type Trigger } from './machine.ts';
import { attachOutput } from './output.ts';
import type { Ports } from './ports.ts';
import { watchReadiness } from './readiness.ts';
import { decideEnding, type Ending, type Verdict } from './restart-policy.ts';
import { drainAttempt, sendStop } from './stop.ts';
import { toUserState, type InstanceView, type LastExit, type UserState } from './view.ts';

/** What the unit knows of this slot. */
export interface Slot {
  readonly index: number;
  /** The declaration for the next start. */
  spec(): ProcessSpec;
  /** Whether the unit wants this slot up now. */
  wanted(): boolean;
  /** The instance waits for its gate; answered by `openGate` or `failGate`, maybe at once. `again`: an automatic restart. */
  awaitGate(instance: Instance, again: boolean): void;
  /** The instance no longer waits. */
  leaveGate(instance: Instance): void;
  /** State or readiness changed. */
  changed(instance: Instance): void;
}

/** Why it was asked to end. */
interface StopCause {
  readonly reason: Reason;
  /** Set where the end counts as a failure. */
  readonly failure?: string;
  /** No hooks, no drain, no stop signal: the kill at once. */
  readonly hurry?: boolean;
}

/** How an attempt is over: `exit` is absent where it never came to a process. */
interface Outcome {
  readonly success: boolean;
  readonly what: string;
  readonly forbidden?: boolean;
  readonly exit?: LastExit;
}

/** Time after the kill signal after which a process that is still there is killed again and reported. */
const killAgainMs = 5000;

/**
 * The shell around the machine: `trigger → next → effects → run`. It holds the slot's history and its current
 * attempt; every decision is a pure function of those.
 */
export class Instance {
  readonly id: string;
  readonly index: number;
  readonly #slot: Slot;
  readonly #ports: Ports;
  readonly #history: History;
  #state: State = 'stopped';
  #ready = false;
  #attempt: Attempt | undefined;
  #cause: StopCause | undefined;
  #reason: string | undefined;
  #busyWith = '';
  #delayMs = 0;
  #backoff: { readonly timer: Timer; readonly at: number } | undefined;
  #grace: Timer | undefined;
  #kills = 0;

  constructor(slot: Slot, ports: Ports) {
    this.#slot = slot;
    this.#ports = ports;
    this.#history = createHistory(ports.clock);
    this.index = slot.index;
    this.id = `${slot.spec().name}-${slot.index}`;
  }

  get state(): State {
    return this.#state;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** How often it was spawned, over all restarts. */
  get spawns(): number {
    return this.#history.spawns;
  }

  /** How it ended last; undefined before its first end. */
  get lastEnd(): ChildEnd | undefined {
    return this.#history.lastEnd;
  }

  get child(): Child | undefined {
    return this.#attempt?.ended === false ? this.#attempt.child : undefined;
  }

  /** Why it is where it is, in words. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** What it is busy with, for the report of who held up a shutdown. */
  get busyWith(): string {
    return this.#busyWith;
  }

  view(): InstanceView {
    const { restarts, failures, lastExit } = this.#history;
    const spec = this.#slot.spec();
    const child = this.child;
    const startedAt = this.#attempt?.startedAt;
    return Object.freeze({
      id: this.id,
      process: spec.name,
      index: this.index,
      state: this.#userState(),
      ready: this.#ready,
      ...(child === undefined ? {} : { pid: child.pid }),
      ...(child === undefined || startedAt === undefined ? {} : { startedAt }),
      restarts,
      consecutiveFailures: failures,
      ...(this.#backoff === undefined ? {} : { nextRestartAt: this.#backoff.at }),
      ...(lastExit === undefined ? {} : { lastExit }),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      labels: spec.labels,
    });
  }

  /** Wants it up. A start by hand forgives earlier failures. */
  start(): void {
    if (!liveStates.has(this.#state)) this.#history.forgive();
    this.#send('start');
  }

  /** `hurry`: no hooks, no drain, no stop signal: the kill at once. */
  stop(reason: Reason, hurry = false): void {
    if (!this.#isAsked()) this.#cause = { reason, hurry };
    this.#send('stop', `stopped: ${reason}`);
  }

  /** Ends it and brings it up again, as long as the slot is wanted. `failure`: the end counts as one. */
  restart(reason: Reason, failure?: string): void {
    if (!this.#isAsked()) this.#cause = { reason, ...(failure === undefined ? {} : { failure }) };
    if (reason === 'manual') this.#history.forgive();
    this.#send('restart', failure ?? `restarting: ${reason}`);
  }

  /** No more grace: hooks and drain are cut short and the kill signal goes out. Does nothing unless it is stopping. */
  killNow(): void {
    this.#attempt?.going.abort();
    this.#attempt?.after.abort();
    if (this.#state === 'stopping') this.#send('graceElapsed');
  }

  openGate(): void {
    this.#send('gateOpened');
  }

  /** The gate can never open; `why` names the culprit. */
  failGate(why: string): void {
    this.#send('endedFailed', why);
  }

  /** Tells what it waits for, without a change of state. */
  explainGate(why: string): void {
    this.#reason = why;
  }

  /** Opens readiness from outside (a probe). */
  setReady(): void {
    if (this.#attempt?.child !== undefined) this.#onReady(this.#attempt);
  }

  /** Closes readiness from outside. */
  setUnready(why: string): void {
    this.#closeReadiness(why);
  }

  /** Sends a signal to the main process. false where there is none. */
  signal(signal: SignalName): boolean {
    return this.child?.signal(signal, 'process') ?? false;
  }

  #userState(): UserState {
    return toUserState(this.#state, this.#ready);
  }

  #isAsked(): boolean {
    return this.#state === 'stopping' || this.#state === 'killing';
  }

  #send(trigger: Trigger, why?: string): void {
    const from = this.#state;
    const next = getNext(from, trigger);
    if (next === 'ignore') return;
    if (next === 'impossible') return this.#warn(`defect: got ${trigger} while ${from}; it stays so`);
    const before = this.#userState();
    this.#state = next;
    if (next === 'waiting' || next === 'stopped') this.#ready = false;
    this.#reason = why ?? (next === 'starting' || next === 'running' ? undefined : this.#reason);
    this.#announce(before);
    for (const effect of toEffects(from, trigger, next)) this.#run(effect, trigger);
    this.#slot.changed(this);
  }

  #announce(before: UserState): void {
    const view = this.view();
    if (view.state === before) return;
    const { process, id: instance, state: to, reason } = view;
    this.#ports.emit('instance.changed', { process, instance, from: before, to, ...(reason === undefined ? {} : { reason }) });
    this.#ports.hooks.changed(view, before);
  }

  #run(effect: Effect, trigger: Trigger): void {
    switch (effect) {
      case 'awaitGate':
        return this.#slot.awaitGate(this, trigger === 'delayElapsed');
      case 'cancelGate':
        return this.#slot.leaveGate(this);
      case 'spawn':
        return void this.#spawn();
      case 'watchReadiness':
        return this.#watchReadiness();
      case 'drain':
        return void this.#drain();
      case 'sendStop':
        return void this.#sendStop();
      case 'kill':
        return this.#kill();
      case 'armBackoff':
        return this.#armBackoff();
      case 'cancelBackoff':
        this.#backoff?.timer.cancel();
        this.#backoff = undefined;
        return;
      case 'cancelStart':
        return this.#attempt?.coming.abort();
      case 'cancelReadiness':
        this.#attempt?.coming.abort();
        return this.#closeReadiness(this.#reason ?? 'it is no longer running');
    }
  }

  async #spawn(): Promise<void> {
    this.#cause = undefined;
    this.#kills = 0;
    const attempt = createAttempt(this.#slot.spec(), this.index, this.#ports);
    this.#attempt = attempt;
    this.#busyWith = attempt.spec.hooks.preStart.length > 0 ? 'pre_start hooks' : 'spawn';
    let child: Child;
    try {
      child = await startAttempt(attempt, this.view());
    } catch (error) {
      return this.#onSpawnFailed(attempt, error);
    }
    this.#onSpawned(attempt, child);
  }

  #onSpawned(attempt: Attempt, child: Child): void {
    const { clock, hooks, emit } = this.#ports;
    attempt.child = child;
    attempt.startedAt = clock.now();
    attempt.spawnedAt = clock.monotonic();
    this.#history.recordSpawn();
    attempt.output = attachOutput(child, attempt.spec, this.id, this.#ports, this.#toLineWatch(attempt));
    void child.ended.then((end) => this.#onEnded(attempt, end));
    emit('instance.spawned', { process: attempt.spec.name, instance: this.id, pid: child.pid });
    hooks.spawned(this.view());
    this.#send('spawned');
  }

  /** Readiness by a line of output starts with the first byte, so it is joined before anything else can happen. */
  #toLineWatch(attempt: Attempt): ((text: string) => void) | undefined {
    if (attempt.spec.readiness.kind !== 'log') return undefined;
    const pattern = new RegExp(attempt.spec.readiness.pattern);
    return (text) => {
      if (this.#ready || attempt.coming.signal.aborted || !pattern.test(text)) return;
      attempt.output?.stopLines();
      this.#onReady(attempt);
    };
  }

  #watchReadiness(): void {
    const attempt = this.#attempt;
    if (attempt?.child === undefined) return;
    const { spec, child, context, coming, staleStamp } = attempt;
    this.#busyWith = 'readiness';
    if (spec.readiness.kind === 'spawned') return this.#onReady(attempt);
    this.#armStartLimit(attempt);
    watchReadiness({
      source: spec.readiness, child, staleStamp,
      context: { ...context, signal: coming.signal },
      onReady: () => this.#onReady(attempt),
    });
  }

  #armStartLimit({ spec, coming }: Attempt): void {
    if (spec.startTimeoutMs === 0) return;
    const why = `not ready within ${spec.startTimeoutMs / 1000} s (process_start_timeout)`;
    const limit = this.#ports.clock.after(spec.startTimeoutMs, () => {
      if (this.#state === 'starting') this.restart('start_timeout', why);
    });
    coming.signal.addEventListener('abort', () => limit.cancel(), { once: true });
  }

  #onReady(attempt: Attempt): void {
    if (attempt !== this.#attempt || attempt.ended || attempt.coming.signal.aborted || this.#ready) return;
    const first = this.#state === 'starting';
    const before = this.#userState();
    // A oneshot is "ready" when it has succeeded; being spawned says nothing yet.
    this.#ready = attempt.spec.type !== 'oneshot' || attempt.spec.readiness.kind !== 'spawned';
    if (first) this.#send('settled');
    else this.#announce(before);
    if (this.#ready) this.#tellReady(attempt);
    if (first) void this.#runPostStart(attempt);
  }

  #tellReady(attempt: Attempt): void {
    const { clock, hooks, emit } = this.#ports;
    const afterMs = Math.round(clock.monotonic() - (attempt.spawnedAt ?? 0));
    emit('instance.ready', { process: attempt.spec.name, instance: this.id, afterMs });
    hooks.ready(this.view());
    this.#slot.changed(this);
  }

  #closeReadiness(why: string): void {
    if (!this.#ready) return;
    const before = this.#userState();
    this.#ready = false;
    const view = this.view();
    this.#ports.emit('instance.unready', { process: view.process, instance: this.id, reason: why });
    this.#ports.hooks.unready(view, why);
    this.#announce(before);
    this.#slot.changed(this);
  }

  async #runPostStart({ spec, context, coming }: Attempt): Promise<void> {
    if (spec.hooks.postStart.length === 0) return;
    const outcome = await runHooks(spec.hooks.postStart, { ...context, signal: coming.signal });
    if (!outcome.ok && !coming.signal.aborted) this.#warn(`post_start: ${outcome.message ?? 'failed'}`);
  }

  #onSpawnFailed(attempt: Attempt, error: unknown): void {
    attempt.ended = true;
    attempt.coming.abort();
    const failure = error instanceof SpawnError ? error : new SpawnError('hook', error instanceof Error ? error.message : String(error));
    const { message, hint, stage } = failure;
    const asked = this.#isAsked();
    if (!asked) {
      const { name: process } = attempt.spec;
      this.#ports.emit('instance.spawn_failed', { process, instance: this.id, stage, message, ...(hint === undefined ? {} : { hint }) });
    }
    this.#conclude(attempt, { success: asked, what: message });
  }

  async #onEnded(attempt: Attempt, end: ChildEnd): Promise<void> {
    attempt.ended = true;
    attempt.going.abort();
    this.#grace?.cancel();
    attempt.output?.release();
    const exit = this.#recordExit(attempt, end);
    attempt.coming.abort();
    this.#closeReadiness(exit.text);
    const forbidden = hasEndHooks(attempt) && (await this.#runEndHooks(attempt, end));
    const success = this.#isAsked() ? this.#cause?.failure === undefined : isSuccess(end, attempt.spec.successExitCodes);
    this.#conclude(attempt, { success, what: this.#cause?.failure ?? exit.text, forbidden, exit });
  }

  #recordExit(attempt: Attempt, end: ChildEnd): LastExit {
    const { hooks, emit, memoryLimit } = this.#ports;
    // A kill of our own needs no guess at memory.
    const exit = this.#history.recordExit(end, this.#kills > 0 ? undefined : memoryLimit);
    const { spec, child } = attempt;
    emit('instance.exited', { process: spec.name, instance: this.id, pid: child?.pid ?? 0, exit, ranMs: this.#toRanMs(attempt) });
    hooks.exited(this.view(), exit);
    return exit;
  }

  #runEndHooks(attempt: Attempt, end: ChildEnd): Promise<boolean> {
    return runEndHooks(attempt, {
      end,
      asked: () => this.#isAsked(),
      onStep: (step) => (this.#busyWith = step),
      warn: (message) => this.#warn(message),
    });
  }

  #conclude(attempt: Attempt, { success, what, forbidden = false, exit }: Outcome): void {
    const ranMs = exit === undefined ? 0 : this.#toRanMs(attempt);
    const { failures } = this.#history;
    const ending: Ending = { success, ranMs, forbidden, failures, asked: this.#isAsked(), wanted: this.#slot.wanted() };
    const proposed = decideEnding(attempt.spec.type, attempt.spec.restart, ending, this.#ports.random());
    const verdict = exit === undefined ? proposed : askOverride(this.#ports.hooks, ending, proposed, { view: this.view(), exit });
    this.#history.recordVerdict(verdict);
    this.#delayMs = verdict.delayMs;
    this.#busyWith = '';
    if (verdict.trigger === 'endedRestart') this.#tellRestart(attempt, ending, verdict);
    if (verdict.trigger === 'endedDone' && attempt.spec.type === 'oneshot' && !ending.asked) this.#ready = true;
    const neverRan = exit === undefined && this.#state === 'starting';
    this.#send(neverRan && verdict.trigger === 'endedRestart' ? 'spawnFailed' : verdict.trigger, toEndReason(what, verdict));
  }

  #tellRestart({ spec }: Attempt, ending: Ending, { delayMs, failures }: Verdict): void {
    const reason = this.#cause?.reason ?? (ending.success ? 'exit' : 'crash');
    this.#ports.emit('instance.restarting', { process: spec.name, instance: this.id, reason, delayMs, attempt: failures });
  }

  async #drain(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    if (this.#cause?.hurry === true || !attempt.spec.shutdown.graceful) return this.#send('graceElapsed');
    await drainAttempt(attempt, {
      view: () => this.view(),
      reason: this.#cause?.reason ?? 'manual',
      onStep: (step) => (this.#busyWith = step),
      warn: (message) => this.#warn(message),
    });
    if (attempt === this.#attempt && this.#state === 'stopping') await this.#sendStop();
  }

  async #sendStop(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    const { timeoutMs, signal, stopCommand } = attempt.spec.shutdown;
    this.#busyWith = `${stopCommand === undefined ? signal : 'stop_command'} (grace period ${timeoutMs / 1000} s)`;
    this.#grace = this.#ports.clock.after(timeoutMs, () => this.#send('graceElapsed'));
    const problem = await sendStop(attempt, attempt.child);
    if (problem !== undefined) this.#warn(problem);
  }

  #kill(): void {
    this.#grace?.cancel();
    this.#attempt?.going.abort();
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    const { killSignal, killMode } = attempt.spec.shutdown;
    const signal = this.#kills === 0 ? killSignal : 'SIGKILL';
    this.#kills += 1;
    this.#busyWith = `kill (${signal})`;
    attempt.child.kill(signal, killMode);
    this.#ports.emit('instance.killed', { process: attempt.spec.name, instance: this.id, signal, afterMs: this.#toRanMs(attempt) });
    this.#grace = this.#ports.clock.after(killAgainMs, () => this.#send('killElapsed'));
  }

  #armBackoff(): void {
    const { clock } = this.#ports;
    const delayMs = this.#delayMs;
    // A timer of 0 ms is a turn of the loop of at least 1 ms: half of what a restart may take.
    if (delayMs === 0) return this.#send('delayElapsed');
    const timer = clock.after(delayMs, () => this.#send('delayElapsed'));
    this.#backoff = { timer, at: clock.now() + delayMs };
  }

  #toRanMs({ spawnedAt }: Attempt): number {
    return Math.round(this.#ports.clock.monotonic() - (spawnedAt ?? 0));
  }

  #warn(message: string): void {
    this.#ports.emit('supervisor.warning', { message: `${this.id}: ${message}` });
  }
}

function hasEndHooks({ spec }: Attempt): boolean {
  return spec.hooks.finish.length > 0 || spec.hooks.postStop.length > 0;
}
