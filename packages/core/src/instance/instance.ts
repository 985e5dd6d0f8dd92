import { SpawnError } from '../errors.ts';
import type { Reason } from '../event/event.ts';
import type { ProcessSpec, SignalName } from '../plan/spec.ts';
import type { Child, ChildEnd } from '../os/spawner.ts';
import type { Timer } from '../os/clock.ts';
import { createAttempt, startAttempt, type Attempt } from './attempt.ts';
import { toEffects, type Effect } from './effects.ts';
import { isSuccess, toExitText } from './exit.ts';
import { runHooks } from './hook-run.ts';
import { getNext, liveStates, type State, type Trigger } from './machine.ts';
import { attachOutput } from './output.ts';
import type { Ports } from './ports.ts';
import { watchReadiness } from './readiness.ts';
import { decideEnding, type Ending, type Verdict } from './restart-policy.ts';
import { sendStop } from './stop.ts';
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

/** Why it was asked to end. `failure` makes the end count as one. */
interface StopCause {
  readonly reason: Reason;
  readonly failure?: string;
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
  #state: State = 'stopped';
  #ready = false;
  #attempt: Attempt | undefined;
  #cause: StopCause | undefined;
  #lastExit: LastExit | undefined;
  #lastCode: ChildEnd | undefined;
  #failures = 0;
  #restarts = 0;
  #spawns = 0;
  #backoff: { readonly timer: Timer; readonly at: number } | undefined;
  #delayMs = 0;
  #grace: Timer | undefined;
  #reason: string | undefined;
  #busyWith = '';
  #hurry = false;

  constructor(slot: Slot, ports: Ports) {
    this.#slot = slot;
    this.#ports = ports;
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
    return this.#spawns;
  }

  /** How it ended last; undefined before its first end, and for a start that never came to a process. */
  get lastEnd(): ChildEnd | undefined {
    return this.#lastCode;
  }

  get child(): Child | undefined {
    return this.#attempt?.ended === false ? this.#attempt.child : undefined;
  }

  /** What it is busy with, for the report of who held up a shutdown. */
  get busyWith(): string {
    return this.#busyWith;
  }

  view(): InstanceView {
    const attempt = this.#attempt;
    const spec = this.#slot.spec();
    const pid = this.child?.pid;
    return Object.freeze({
      id: this.id,
      process: spec.name,
      index: this.index,
      state: this.#userState(),
      ready: this.#ready,
      ...(pid === undefined ? {} : { pid }),
      ...(pid === undefined || attempt?.startedAt === undefined ? {} : { startedAt: attempt.startedAt }),
      restarts: this.#restarts,
      consecutiveFailures: this.#failures,
      ...(this.#backoff === undefined ? {} : { nextRestartAt: this.#backoff.at }),
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      labels: spec.labels,
    });
  }

  /** Wants it up. A start by hand forgives earlier failures. */
  start(): void {
    if (!liveStates.has(this.#state)) this.#failures = 0;
    this.#send('start');
  }

  /** `hurry`: no hooks, no drain, no stop signal: the kill at once. */
  stop(reason: Reason, hurry = false): void {
    if (!this.#isAsked()) this.#cause = { reason };
    this.#hurry = hurry;
    this.#send('stop', `stopped: ${reason}`);
  }

  /** Ends it and brings it up again, as long as the slot is wanted. */
  restart(reason: Reason, failure?: string): void {
    if (!this.#isAsked()) {
      this.#hurry = false;
      this.#cause = { reason, ...(failure === undefined ? {} : { failure }) };
    }
    if (reason === 'manual') this.#failures = 0;
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
    if (this.#attempt !== undefined && liveStates.has(this.#state)) this.#onReady(this.#attempt);
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

  #send(trigger: Trigger, why?: string): void {
    const from = this.#state;
    const next = getNext(from, trigger);
    if (next === 'ignore') return;
    if (next === 'impossible') {
      return this.#ports.emit('supervisor.warning', { message: `defect: ${this.id} got ${trigger} while ${from}; it stays so` });
    }
    const before = this.#userState();
    this.#state = next;
    if (next === 'waiting' || next === 'stopped') this.#ready = false;
    this.#reason = why ?? (next === 'waiting' || next === 'stopping' || next === 'killing' ? this.#reason : undefined);
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
    const attempt = createAttempt(this.#slot.spec(), this.index, this.#ports);
    this.#attempt = attempt;
    this.#busyWith = attempt.spec.hooks.preStart.length > 0 ? 'pre_start hooks' : 'spawn';
    try {
      const child = await startAttempt(attempt, this.view());
      this.#onSpawned(attempt, child);
    } catch (error) {
      this.#onSpawnFailed(attempt, error);
    }
  }

  #onSpawned(attempt: Attempt, child: Child): void {
    const { clock, hooks, emit } = this.#ports;
    attempt.child = child;
    attempt.startedAt = clock.now();
    attempt.spawnedAt = clock.monotonic();
    this.#spawns += 1;
    if (this.#spawns > 1) this.#restarts += 1;
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
      if (!this.#ready && !attempt.coming.signal.aborted && pattern.test(text)) this.#onReady(attempt);
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
    const why = `not ready within ${spec.startTimeoutMs} ms (process_start_timeout)`;
    const limit = this.#ports.clock.after(spec.startTimeoutMs, () => {
      if (this.#state === 'starting') this.restart('start_timeout', why);
    });
    coming.signal.addEventListener('abort', () => limit.cancel(), { once: true });
  }

  #onReady(attempt: Attempt): void {
    if (attempt !== this.#attempt || attempt.ended || attempt.coming.signal.aborted || this.#ready) return;
    const first = this.#state === 'starting';
    // A oneshot is "ready" when it has succeeded; being spawned says nothing yet.
    this.#ready = attempt.spec.type !== 'oneshot' || attempt.spec.readiness.kind !== 'spawned';
    if (first) this.#send('settled');
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
    const outcome = await runHooks(spec.hooks.postStart, { ...context, signal: coming.signal });
    if (!outcome.ok && !coming.signal.aborted) this.#warn(`post_start of ${this.id}: ${outcome.message ?? 'failed'}`);
  }

  #onSpawnFailed(attempt: Attempt, error: unknown): void {
    attempt.ended = true;
    const failure = error instanceof SpawnError ? error : new SpawnError('hook', String(error instanceof Error ? error.message : error));
    const interrupted = this.#isAsked();
    if (!interrupted) {
      const { message, hint, stage } = failure;
      this.#ports.emit('instance.spawn_failed', {
        process: attempt.spec.name, instance: this.id, stage, message, ...(hint === undefined ? {} : { hint }),
      });
    }
    this.#conclude(attempt, { success: interrupted, ranMs: 0, what: failure.message, forbidden: false });
  }

  async #onEnded(attempt: Attempt, end: ChildEnd): Promise<void> {
    attempt.ended = true;
    attempt.going.abort();
    this.#grace?.cancel();
    attempt.output?.release();
    const exit = this.#recordExit(attempt, end);
    attempt.coming.abort();
    this.#closeReadiness(exit.text);
    const forbidden = await this.#runEndHooks(attempt, end);
    const success = this.#isAsked() ? this.#cause?.failure === undefined : isSuccess(end, attempt.spec.successExitCodes);
    const ranMs = Math.round(this.#ports.clock.monotonic() - (attempt.spawnedAt ?? 0));
    this.#conclude(attempt, { success, ranMs, what: this.#cause?.failure ?? exit.text, forbidden }, exit);
  }

  #recordExit({ spec, child, spawnedAt }: Attempt, end: ChildEnd): LastExit {
    const { clock, hooks, emit, memoryLimit } = this.#ports;
    // Our own kill needs no guess at memory.
    const text = toExitText(end, this.#state === 'killing' ? undefined : memoryLimit);
    const exit: LastExit = Object.freeze({ code: end.code, signal: end.signal, at: clock.now(), text });
    this.#lastExit = exit;
    this.#lastCode = end;
    const ranMs = Math.round(clock.monotonic() - (spawnedAt ?? 0));
    emit('instance.exited', { process: spec.name, instance: this.id, pid: child?.pid ?? 0, exit, ranMs });
    hooks.exited(this.view(), exit);
    return exit;
  }

  /** finish after every end, post_stop after one that was asked for. Returns whether a finish hook forbids a restart. */
  async #runEndHooks({ spec, context, after }: Attempt, end: ChildEnd): Promise<boolean> {
    const { finish, postStop } = spec.hooks;
    if (finish.length === 0 && (postStop.length === 0 || !this.#isAsked())) return false;
    const env = { ...context.env, PM_EXIT_CODE: String(end.code ?? ''), PM_EXIT_SIGNAL: end.signal ?? '' };
    this.#busyWith = 'finish hooks';
    const finished = await runHooks(finish, { ...context, env, signal: after.signal });
    const forbidden = finished.exitCode === 125;
    if (!finished.ok && !forbidden) this.#warn(`finish of ${this.id}: ${finished.message ?? 'failed'}`);
    if (this.#isAsked() && postStop.length > 0) {
      this.#busyWith = 'post_stop hooks';
      const stopped = await runHooks(postStop, { ...context, env, signal: after.signal });
      if (!stopped.ok) this.#warn(`post_stop of ${this.id}: ${stopped.message ?? 'failed'}`);
    }
    return forbidden;
  }

  #conclude(attempt: Attempt, ended: Omit<Ending, 'asked' | 'wanted' | 'failures'> & { readonly what: string }, exit?: LastExit): void {
    const ending: Ending = { ...ended, failures: this.#failures, asked: this.#isAsked(), wanted: this.#slot.wanted() };
    const proposed = decideEnding(attempt.spec.type, attempt.spec.restart, ending, this.#ports.random());
    const verdict = exit === undefined ? proposed : this.#askOverride(proposed, exit, ending);
    this.#failures = verdict.failures;
    this.#delayMs = verdict.delayMs;
    this.#busyWith = '';
    if (verdict.trigger === 'endedRestart') this.#tellRestart(attempt, ending, verdict);
    if (verdict.trigger === 'endedDone' && attempt.spec.type === 'oneshot' && !ending.asked) this.#ready = true;
    const trigger = exit === undefined && this.#state === 'starting' && verdict.trigger === 'endedRestart' ? 'spawnFailed' : verdict.trigger;
    this.#send(trigger, this.#toReason(ended.what, verdict));
  }

  #toReason(what: string, verdict: Verdict): string | undefined {
    if (verdict.trigger === 'endedDone') return undefined;
    if (verdict.trigger === 'endedFailed') return `${what}; ${verdict.why}`;
    return verdict.delayMs === 0 ? what : `${what}; restart ${verdict.failures} in ${(verdict.delayMs / 1000).toFixed(1)} s`;
  }

  /** Plugins may overrule what follows an end, but not a stop that was asked for. */
  #askOverride(proposed: Verdict, exit: LastExit, ending: Ending): Verdict {
    if (!ending.wanted || ending.asked) return proposed;
    const override = this.#ports.hooks.restart(this.view(), exit, proposed);
    if (override === undefined) return proposed;
    const trigger = override.restart ? 'endedRestart' : ending.success ? 'endedDone' : 'endedFailed';
    return { ...proposed, trigger, delayMs: override.delayMs ?? proposed.delayMs, why: override.why };
  }

  #tellRestart({ spec }: Attempt, ending: Ending, verdict: Verdict): void {
    const reason = this.#cause?.reason ?? (ending.success ? 'exit' : 'crash');
    this.#ports.emit('instance.restarting', {
      process: spec.name, instance: this.id, reason, delayMs: verdict.delayMs, attempt: verdict.failures,
    });
  }

  async #drain(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    const { shutdown, hooks: { preStop } } = attempt.spec;
    if (this.#hurry || !shutdown.graceful) return this.#send('graceElapsed');
    const limit = this.#ports.clock.after(shutdown.timeoutMs, () => attempt.going.abort());
    const { signal } = attempt.going;
    if (preStop.length > 0) {
      this.#busyWith = `pre_stop hook ${preStop.map((hook) => hook.name).join(', ')}`;
      const outcome = await runHooks(preStop, { ...attempt.context, signal });
      if (!outcome.ok && !attempt.ended) this.#warn(`pre_stop of ${this.id}: ${outcome.message ?? 'failed'}`);
    }
    this.#busyWith = 'drain';
    await this.#ports.hooks.stopping(this.view(), this.#cause?.reason ?? 'manual', { limitMs: shutdown.timeoutMs, signal });
    limit.cancel();
    if (attempt === this.#attempt && !attempt.ended && this.#state === 'stopping') await this.#sendStop();
  }

  async #sendStop(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    const { timeoutMs, signal, stopCommand } = attempt.spec.shutdown;
    this.#busyWith = `${stopCommand === undefined ? signal : 'stop_command'} (grace period ${timeoutMs / 1000} s)`;
    this.#grace = this.#ports.clock.after(timeoutMs, () => this.#send('graceElapsed'));
    const problem = await sendStop(attempt, attempt.child);
    if (problem !== undefined) this.#warn(`stop_command of ${this.id}: ${problem}; ${signal} was sent instead`);
  }

  #kill(): void {
    this.#grace?.cancel();
    this.#attempt?.going.abort();
    const attempt = this.#attempt;
    if (attempt?.child === undefined || attempt.ended) return;
    const again = this.#busyWith.startsWith('kill');
    const signal = again ? 'SIGKILL' : attempt.spec.shutdown.killSignal;
    this.#busyWith = `kill (${signal})`;
    attempt.child.kill(signal, attempt.spec.shutdown.killMode);
    const afterMs = Math.round(this.#ports.clock.monotonic() - (attempt.spawnedAt ?? 0));
    this.#ports.emit('instance.killed', { process: attempt.spec.name, instance: this.id, signal, afterMs });
    this.#grace = this.#ports.clock.after(killAgainMs, () => this.#send('killElapsed'));
  }

  #armBackoff(): void {
    const { clock } = this.#ports;
    const delayMs = this.#delayMs;
    // A timer of 0 ms is a turn of the loop of at least 1 ms: half of what a restart may take.
    if (delayMs === 0) return this.#send('delayElapsed');
    const timer = clock.after(delayMs, () => {
      this.#backoff = undefined;
      this.#send('delayElapsed');
    });
    this.#backoff = { timer, at: clock.now() + delayMs };
  }

  #isAsked(): boolean {
    return this.#state === 'stopping' || this.#state === 'killing';
  }

  #warn(message: string): void {
    this.#ports.emit('supervisor.warning', { message });
  }
}
