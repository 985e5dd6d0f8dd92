import type { SpawnError } from '../errors.ts';
import type { Reason } from '../event/event.ts';
import type { Timer } from '../os/clock.ts';
import type { Child, ChildEnd } from '../os/spawner.ts';
import type { ProcessSpec, SignalName } from '../plan/spec.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import { toEffects, type Effect } from './effects.ts';
import { askOverride, toEndReason } from './ending.ts';
import { isSuccess, mayBeOutOfMemory } from './exit.ts';
import { createHistory, type History } from './history.ts';
import { getNext, liveStates, type State, type Trigger } from './machine.ts';
import type { Ports } from './ports.ts';
import { decideEnding, type Ending, type Verdict } from './restart-policy.ts';
import type { Outcome, Slot, StopCause } from './slot.ts';
import { toInstanceView, toUserState, type InstanceView, type UserState } from './view.ts';

export type { Slot } from './slot.ts';

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
  /** The process is gone; what follows its end still goes on. */
  #ended = false;
  #attempt: Attempt | undefined;
  #cause: StopCause | undefined;
  #reason: string | undefined;
  #delayMs = 0;
  #backoff: { readonly timer: Timer; readonly at: number } | undefined;

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
    return this.#attempt?.child;
  }

  /** Why it is where it is, in words. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** What it is busy with, for the report of who held up a shutdown. */
  get busyWith(): string {
    return this.#attempt?.step ?? '';
  }

  view(): InstanceView {
    return toInstanceView({
      id: this.id,
      index: this.index,
      spec: this.#slot.spec(),
      state: this.#userState(),
      ready: this.#ready,
      pid: this.child?.pid,
      startedAt: this.#attempt?.startedAt,
      history: this.#history,
      nextRestartAt: this.#backoff?.at,
      reason: this.#reason,
    });
  }

  /** Wants it up. A start by hand forgives earlier failures. */
  start(): void {
    if (!liveStates.has(this.#state)) this.#history.forgive();
    this.#send('start');
  }

  /** A new declaration that needs no restart. */
  adopt(spec: ProcessSpec): void {
    this.#attempt?.adopt(spec, this.index);
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
    this.#attempt?.hurry();
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
    if (this.#attempt !== undefined) this.#onReady(this.#attempt);
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
    return toUserState(this.#state, this.#ready, this.#ended);
  }

  /** A oneshot that has succeeded is ready, and stays so. */
  #isCompleted(): boolean {
    return this.#state === 'exited' && this.#slot.spec().type === 'oneshot';
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
    if (this.#isCompleted()) this.#ready = true;
    if (!liveStates.has(next)) this.#ended = false;
    this.#reason = why ?? (next === 'starting' || next === 'running' ? undefined : this.#reason);
    this.#announce(before);
    for (const effect of toEffects(from, trigger, next)) this.#run(effect, trigger);
    this.#slot.changed(this);
  }

  #announce(before: UserState): void {
    const view = this.view();
    if (view.state === before) return;
    const { process, id: instance, state: to, reason } = view;
    const why = reason === undefined ? {} : { reason };
    this.#ports.emit('instance.changed', { process, instance, from: before, to, ...why });
    this.#ports.hooks.changed(view, before);
  }

  #run(effect: Effect, trigger: Trigger): void {
    switch (effect) {
      case 'awaitGate':
        return this.#slot.awaitGate(this, trigger === 'delayElapsed');
      case 'cancelGate':
        return this.#slot.leaveGate(this);
      case 'spawn':
        return this.#spawn();
      case 'watchReadiness':
        return this.#attempt?.watchReadiness();
      case 'drain':
        return this.#drain();
      case 'sendStop':
        return void this.#attempt?.sendStop();
      case 'kill':
        return this.#attempt?.kill();
      case 'armBackoff':
        return this.#armBackoff();
      case 'cancelBackoff':
        this.#backoff?.timer.cancel();
        this.#backoff = undefined;
        return;
      case 'cancelStart':
        return this.#attempt?.leaveStart();
      case 'cancelReadiness':
        this.#attempt?.leaveStart();
        return this.#isCompleted() ? undefined : this.#closeReadiness(this.#reason ?? 'it is no longer running');
    }
  }

  #spawn(): void {
    this.#cause = undefined;
    const listener = this.#toListener(() => attempt);
    const attempt: Attempt = new Attempt(this.#slot.spec(), this.index, this.#ports, listener);
    this.#attempt = attempt;
    void attempt.start();
  }

  #toListener(attempt: () => Attempt): AttemptListener {
    return {
      view: () => this.view(),
      asked: () => this.#isAsked(),
      onSpawned: (child) => this.#onSpawned(attempt(), child),
      onSpawnFailed: (error) => this.#onSpawnFailed(attempt(), error),
      onReady: () => this.#onReady(attempt()),
      onStartLimit: (why) => {
        if (this.#state === 'starting') this.restart('start_timeout', why);
      },
      onGraceElapsed: () => this.#send('graceElapsed'),
      onKillElapsed: () => this.#send('killElapsed'),
      onExit: (end) => this.#onExit(attempt(), end),
      onOver: (end, forbidden) => this.#onOver(attempt(), end, forbidden),
      warn: (message) => this.#warn(message),
    };
  }

  #onSpawned({ spec }: Attempt, { pid }: Child): void {
    this.#history.recordSpawn();
    this.#ports.emit('instance.spawned', { process: spec.name, instance: this.id, pid });
    this.#ports.hooks.spawned(this.view());
    this.#send('spawned');
  }

  #onSpawnFailed(attempt: Attempt, { message, hint, stage }: SpawnError): void {
    const asked = this.#isAsked();
    if (!asked) {
      const { name: process } = attempt.spec;
      this.#ports.emit('instance.spawn_failed', {
        process,
        instance: this.id,
        stage,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    this.#conclude(attempt, { success: asked, what: message });
  }

  #onReady(attempt: Attempt): void {
    if (this.#ready || !attempt.canBeReady) return;
    const first = this.#state === 'starting';
    const before = this.#userState();
    // A oneshot is "ready" when it has succeeded; being spawned says nothing yet.
    this.#ready = attempt.spec.type !== 'oneshot' || attempt.spec.readiness.kind !== 'spawned';
    if (first) this.#send('settled');
    else this.#announce(before);
    if (this.#ready) this.#tellReady(attempt);
    if (first) void attempt.runPostStart();
  }

  #tellReady({ spec, ranMs }: Attempt): void {
    const afterMs = spec.readiness.kind === 'spawned' ? 0 : ranMs;
    this.#ports.emit('instance.ready', { process: spec.name, instance: this.id, afterMs });
    this.#ports.hooks.ready(this.view());
    this.#slot.changed(this);
  }

  #closeReadiness(why: string, before = this.#userState()): void {
    if (!this.#ready) return;
    this.#ready = false;
    const view = this.view();
    this.#ports.emit('instance.unready', { process: view.process, instance: this.id, reason: why });
    this.#ports.hooks.unready(view, why);
    this.#announce(before);
    this.#slot.changed(this);
  }

  #drain(): void {
    const attempt = this.#attempt;
    if (attempt?.child === undefined) return;
    if (this.#cause?.hurry === true || !attempt.spec.shutdown.graceful) return this.#send('graceElapsed');
    void attempt.stop(this.#cause?.reason ?? 'manual', () => this.#state === 'stopping');
  }

  #onExit(attempt: Attempt, end: ChildEnd): void {
    // A kill of our own needs no guess at memory, and most ends have nothing to do with it.
    const limit = attempt.wasKilled || !mayBeOutOfMemory(end) ? undefined : this.#ports.memoryLimit();
    const exit = this.#history.recordExit(end, limit);
    const before = this.#userState();
    this.#ended = true;
    const { spec, ranMs } = attempt;
    this.#ports.emit('instance.exited', { process: spec.name, instance: this.id, exit, ranMs });
    this.#ports.hooks.exited(this.view(), exit);
    if (this.#ready) return this.#closeReadiness(exit.text, before);
    this.#announce(before);
    this.#slot.changed(this);
  }

  #onOver(attempt: Attempt, end: ChildEnd, forbidden: boolean): void {
    const success = this.#isAsked()
      ? this.#cause?.failure === undefined
      : isSuccess(end, attempt.spec.successExitCodes);
    const exit = this.#history.lastExit;
    this.#conclude(attempt, {
      success,
      forbidden,
      what: this.#cause?.failure ?? exit?.text ?? '',
      ...(exit === undefined ? {} : { exit }),
    });
  }

  #conclude({ spec, ranMs }: Attempt, { success, what, forbidden = false, exit }: Outcome): void {
    const { failures } = this.#history;
    const ending: Ending = { success, ranMs, forbidden, failures, asked: this.#isAsked(), wanted: this.#slot.wanted() };
    const proposed = decideEnding(spec.type, spec.restart, ending, this.#ports.random());
    const verdict =
      exit === undefined ? proposed : askOverride(this.#ports.hooks, ending, proposed, { view: this.view(), exit });
    this.#history.recordVerdict(verdict);
    this.#delayMs = verdict.delayMs;
    if (verdict.trigger === 'endedRestart') this.#tellRestart(spec, ending, verdict);
    const neverRan = exit === undefined && this.#state === 'starting' && verdict.trigger === 'endedRestart';
    this.#send(neverRan ? 'spawnFailed' : verdict.trigger, toEndReason(what, verdict));
  }

  #tellRestart({ name: process }: ProcessSpec, ending: Ending, { delayMs, failures }: Verdict): void {
    const reason = this.#cause?.reason ?? (ending.success ? 'exit' : 'crash');
    this.#ports.emit('instance.restarting', { process, instance: this.id, reason, delayMs, attempt: failures });
  }

  #armBackoff(): void {
    const { clock } = this.#ports;
    const delayMs = this.#delayMs;
    // A timer of 0 ms is a turn of the loop of at least 1 ms: half of what a restart may take.
    if (delayMs === 0) return this.#send('delayElapsed');
    const timer = clock.after(delayMs, () => this.#send('delayElapsed'));
    this.#backoff = { timer, at: clock.now() + delayMs };
  }

  #warn(message: string): void {
    this.#ports.emit('supervisor.warning', { message: `${this.id}: ${message}` });
  }
}
