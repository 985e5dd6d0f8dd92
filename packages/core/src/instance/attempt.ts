import { SpawnError } from '../errors.ts';
import type { Reason } from '../event/event.ts';
import type { Timer } from '../os/clock.ts';
import type { Child, ChildEnd } from '../os/spawner.ts';
import type { HookSpec, ProcessSpec } from '../plan/spec.ts';
import { runEndHooks } from './ending.ts';
import { runHooks } from './hook-run.ts';
import { attachOutput, type InstanceOutput } from './output.ts';
import type { Ports } from './ports.ts';
import { watchReadiness } from './readiness.ts';
import { createScope, isOver, startChild, withDeclaration, type AttemptScope } from './start.ts';
import { drain, sendStop } from './stop.ts';
import type { InstanceView } from './view.ts';

/** What an attempt tells its instance. */
export interface AttemptListener {
  view(): InstanceView;
  /** The instance was told to stop, so that an end is an answer. */
  asked(): boolean;
  onSpawned(child: Child): void;
  onSpawnFailed(error: SpawnError): void;
  onReady(): void;
  onStartLimit(why: string): void;
  onGraceElapsed(): void;
  onKillElapsed(): void;
  /** The process and all it left are gone; finish hooks have not run yet. */
  onExit(end: ChildEnd): void;
  /** Everything is over; `forbidden`: a finish hook said not to start it again. */
  onOver(end: ChildEnd, forbidden: boolean): void;
  warn(message: string): void;
}

/** Time after the kill signal after which a process that is still there is killed again. */
const killAgainMs = 5000;

/** One try at running an instance: its child, output, hooks and timers, from its gate to its last hook. */
export class Attempt {
  #scope: AttemptScope;
  readonly #ports: Ports;
  readonly #listener: AttemptListener;
  /** Stamp of the readiness file before the spawn. */
  readonly #staleStamp: string | undefined;
  readonly #ready: RegExp | undefined;
  #child: Child | undefined;
  #output: InstanceOutput | undefined;
  #startedAt: number | undefined;
  #spawnedAt = 0;
  #endedAt: number | undefined;
  #ended = false;
  #limit: Timer | undefined;
  #asked = false;
  #kills = 0;
  #step = 'spawn';

  constructor(spec: ProcessSpec, index: number, ports: Ports, listener: AttemptListener) {
    this.#scope = createScope(spec, index, ports);
    this.#ports = ports;
    this.#listener = listener;
    const { readiness } = this.#scope.spec;
    this.#staleStamp = readiness.kind === 'file' ? ports.probes.fileStamp(readiness.path) : undefined;
    this.#ready = readiness.kind === 'log' ? new RegExp(readiness.pattern) : undefined;
  }

  /** The declaration, with the variables of the instance in place. */
  get spec(): ProcessSpec {
    return this.#scope.spec;
  }

  /** The process, while it exists. */
  get child(): Child | undefined {
    return this.#ended ? undefined : this.#child;
  }

  /** When it was spawned, wall clock. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** How long its process has run, until now or its end: the hooks of that end are not its time. */
  get ranMs(): number {
    if (this.#startedAt === undefined) return 0;
    return Math.round((this.#endedAt ?? this.#ports.clock.monotonic()) - this.#spawnedAt);
  }

  /** It did not end by itself: the kill signal was sent. */
  get wasKilled(): boolean {
    return this.#kills > 0;
  }

  /** false once it is no longer coming up or running: readiness cannot open any more. */
  get canBeReady(): boolean {
    return this.child !== undefined && !this.#scope.coming.aborted;
  }

  /** What it is busy with, in words. */
  get step(): string {
    return this.#step;
  }

  /** A new declaration of what runs: its stop, its end and its labels follow it from now on. */
  adopt(spec: ProcessSpec, index: number): void {
    this.#scope = withDeclaration(this.#scope, spec, index);
    this.#output?.adopt(this.spec);
  }

  async start(): Promise<void> {
    if (this.spec.hooks.preStart.length > 0) this.#step = 'pre_start hooks';
    const view = this.#listener.view();
    for (const path of this.spec.logging.files) this.#ports.logs.mark(view.id, path);
    let child: Child;
    try {
      child = await startChild(this.#scope, view);
    } catch (error) {
      return this.#onSpawnFailed(error);
    }
    this.#onSpawned(child);
  }

  /** Opens readiness by the rule of the declaration, or reports that it took too long. */
  watchReadiness(): void {
    const { spec, context, coming } = this.#scope;
    if (this.#child === undefined) return;
    this.#step = 'readiness';
    if (spec.readiness.kind === 'spawned') return this.#listener.onReady();
    this.#armStartLimit();
    watchReadiness({
      source: spec.readiness,
      child: this.#child,
      staleStamp: this.#staleStamp,
      context: { ...context, signal: coming.signal },
      onReady: () => this.#listener.onReady(),
    });
  }

  /** In order, but one that waits for its time (`post_script_timeout`) holds up none of the others. */
  async runPostStart(): Promise<void> {
    const { spec, context, coming } = this.#scope;
    const { postStart } = spec.hooks;
    if (postStart.length === 0) return;
    const run = (hooks: readonly HookSpec[]): Promise<unknown> =>
      runHooks(hooks, { ...context, signal: coming.signal });
    const delayed = postStart.filter((hook) => hook.delayMs !== undefined);
    await Promise.all([
      run(postStart.filter((hook) => hook.delayMs === undefined)),
      ...delayed.map((hook) => run([hook])),
    ]);
  }

  /** It is no longer wanted up: hooks, readiness and limits of its start end. */
  leaveStart(): void {
    this.#scope.coming.abort(isOver);
  }

  /** pre_stop hooks, the plugins' drain, then the stop signal. `isStopping` is asked before the signal. */
  async stop(reason: Reason, isStopping: () => boolean): Promise<void> {
    if (this.child === undefined) return;
    await drain(this.#scope, {
      view: () => this.#listener.view(),
      reason,
      onStep: (step) => (this.#step = step),
    });
    if (isStopping()) await this.sendStop();
  }

  async sendStop(): Promise<void> {
    if (this.child === undefined) return;
    this.#asked = true;
    const { timeoutMs, signal, stopCommand } = this.spec.shutdown;
    this.#step = `${stopCommand === undefined ? signal : 'stop_command'} (grace period ${timeoutMs / 1000} s)`;
    this.#limit = this.#ports.clock.after(timeoutMs, () => this.#listener.onGraceElapsed());
    const problem = await sendStop(this.#scope, this.child);
    if (problem !== undefined) this.#listener.warn(problem);
  }

  /** Sends the kill signal; what survives it is sent SIGKILL from then on. */
  kill(): void {
    this.#limit?.cancel();
    this.#scope.going.abort(isOver);
    if (this.child === undefined) return;
    const { killSignal, killMode } = this.spec.shutdown;
    const signal = this.#kills === 0 ? killSignal : 'SIGKILL';
    const overdue = this.#asked || this.#kills > 0;
    this.#kills += 1;
    this.#step = `kill (${signal})`;
    this.child.kill(signal, killMode);
    this.#ports.emit('instance.killed', {
      process: this.spec.name,
      instance: this.#listener.view().id,
      signal,
      afterMs: this.ranMs,
      overdue,
    });
    this.#limit = this.#ports.clock.after(killAgainMs, () => this.#listener.onKillElapsed());
  }

  /** Cuts short every hook of its stop and end. */
  hurry(): void {
    this.#scope.going.abort(isOver);
    this.#scope.after.abort(isOver);
  }

  #onSpawned(child: Child): void {
    const { clock } = this.#ports;
    this.#child = child;
    this.#startedAt = clock.now();
    this.#spawnedAt = clock.monotonic();
    this.#output = attachOutput({
      child,
      spec: this.spec,
      instance: this.#listener.view().id,
      ports: this.#ports,
      ...(this.#ready === undefined ? {} : { onLine: (text: string) => this.#onLine(text) }),
    });
    void child.ended.then((end) => this.#onEnded(end));
    this.#listener.onSpawned(child);
  }

  #onSpawnFailed(error: unknown): void {
    this.#ended = true;
    this.#scope.coming.abort(isOver);
    const message = error instanceof Error ? error.message : String(error);
    this.#listener.onSpawnFailed(
      error instanceof SpawnError ? error : new SpawnError('hook', message, { cause: error }),
    );
  }

  #onLine(text: string): void {
    if (this.#ready?.test(text) !== true) return;
    this.#output?.stopLines();
    this.#listener.onReady();
  }

  #armStartLimit(): void {
    const { spec, coming } = this.#scope;
    if (spec.startTimeoutMs === 0) return;
    const why = `not ready within ${spec.startTimeoutMs / 1000} s (process_start_timeout)`;
    const limit = this.#ports.clock.after(spec.startTimeoutMs, () => this.#listener.onStartLimit(why));
    coming.signal.addEventListener('abort', () => limit.cancel(), { once: true });
  }

  async #onEnded(end: ChildEnd): Promise<void> {
    this.#ended = true;
    this.#endedAt = this.#ports.clock.monotonic();
    this.#limit?.cancel();
    this.#scope.going.abort(isOver);
    this.#output?.release();
    this.#listener.onExit(end);
    this.#scope.coming.abort(isOver);
    const forbidden = this.#hasEndHooks() && (await this.#runEndHooks(end));
    this.#listener.onOver(end, forbidden);
  }

  #hasEndHooks(): boolean {
    const { finish, postStop } = this.spec.hooks;
    return finish.length > 0 || postStop.length > 0;
  }

  #runEndHooks(end: ChildEnd): Promise<boolean> {
    return runEndHooks(this.#scope, {
      end,
      asked: () => this.#listener.asked(),
      onStep: (step) => (this.#step = step),
    });
  }
}
