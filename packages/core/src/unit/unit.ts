import type { Reason } from '../event/event.ts';
import { Instance } from '../instance/instance.ts';
import { liveStates, restingStates } from '../instance/machine.ts';
import type { Ports } from '../instance/ports.ts';
import { toProcessState, type ProcessView } from '../instance/view.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Standing } from './gate.ts';

/** What a unit asks of those around it. */
export interface UnitContext {
  readonly ports: Ports;
  awaitGate(unit: Unit, instance: Instance, again: boolean): void;
  leaveGate(instance: Instance): void;
  /** Anything that others may wait for has changed. */
  changed(unit: Unit, instance: Instance | undefined): void;
}

/** A process of the plan: what is wanted of it, and its instances. Commands and the plan write `desired` and `scale`. */
export class Unit {
  readonly name: string;
  readonly #context: UnitContext;
  readonly #instances = new Map<number, Instance>();
  /** Slots stopped one by one, while the rest of the unit is wanted. */
  readonly #held = new Set<number>();
  #spec: ProcessSpec;
  #desired: 'up' | 'down' = 'down';
  #scale: number;
  #skipped: string | undefined;
  #standing: Standing;
  /** Stopped or scaled to nothing by somebody: it may be wanted again, so it is not the end of work. */
  #parked = false;

  constructor(spec: ProcessSpec, context: UnitContext) {
    this.name = spec.name;
    this.#spec = spec;
    this.#scale = spec.scale;
    this.#context = context;
    this.#standing = this.#toStanding(undefined);
  }

  get spec(): ProcessSpec {
    return this.#spec;
  }

  get desired(): 'up' | 'down' {
    return this.#desired;
  }

  get scale(): number {
    return this.#scale;
  }

  get parked(): boolean {
    return this.#parked;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  instance(index: number): Instance | undefined {
    return this.#instances.get(index);
  }

  /** Nothing of it exists, and nothing is under way. */
  get isDown(): boolean {
    return !this.#standing.live && this.instances.every((instance) => restingStates.has(instance.state));
  }

  /** Everything wanted of it has come: up and ready, completed, or failed. */
  get isSettled(): boolean {
    const { skipped, failed, ended, readySince, completedSince } = this.#standing;
    return (
      skipped || failed || ended || readySince !== undefined || completedSince !== undefined || this.#desired === 'down'
    );
  }

  /** Does not take part; `why` is shown. undefined: it does. */
  skip(why: string | undefined): void {
    if (why === this.#skipped) return;
    this.#skipped = why;
    if (why !== undefined) this.#context.ports.emit('unit.skipped', { process: this.name, reason: why });
    this.#refresh(undefined);
  }

  /** Wants all slots up. Those that run stay as they are. */
  up(): void {
    this.#skipped = undefined;
    this.#parked = false;
    this.#held.clear();
    this.#setDesired('up');
    if (this.#scale === 0) this.#scale = Math.max(1, this.#spec.scale);
    this.#fill();
    for (const instance of this.#wanted()) instance.start();
  }

  /** Wants nothing of it up. `hurry`: kill at once. */
  down(reason: Reason, hurry = false): void {
    this.#parked = reason === 'manual' || reason === 'conflict';
    this.#setDesired('down');
    for (const instance of this.#instances.values()) instance.stop(reason, hurry);
    this.#refresh(undefined);
  }

  /** Restarts what is up, and starts what is not. */
  restart(reason: Reason): void {
    this.#skipped = undefined;
    this.#parked = false;
    this.#held.clear();
    this.#setDesired('up');
    this.#fill();
    for (const instance of this.#wanted()) instance.restart(reason);
  }

  /** Restarts what runs, and leaves alone what waits, has failed or has ended. */
  restartRunning(reason: Reason): void {
    for (const instance of this.#wanted()) if (instance.child !== undefined) instance.restart(reason);
  }

  holdSlot(index: number, reason: Reason): void {
    this.#held.add(index);
    this.#instances.get(index)?.stop(reason);
  }

  releaseSlot(index: number): void {
    this.#held.delete(index);
    this.#setDesired('up');
    this.#instances.get(index)?.start();
  }

  /** New slots start; the highest are drained and forgotten. 0 keeps the unit, ready to be scaled up again. */
  scaleTo(count: number): void {
    if (count === this.#scale) return;
    this.#scale = count;
    this.#parked = count === 0;
    this.#tellChanged();
    if (this.#desired === 'up') {
      this.#fill();
      for (const instance of this.#wanted()) instance.start();
    }
    const surplus = [...this.#instances.values()].filter((instance) => instance.index > count);
    for (const instance of surplus.toReversed()) {
      instance.stop('scale');
      this.#dropIfSurplus(instance);
    }
    this.#refresh(undefined);
  }

  /** A new declaration. What runs goes on under it, unless it is going to be restarted: then it ends by the old one. */
  apply(spec: ProcessSpec, { restart }: { readonly restart: boolean }): void {
    const scaled = this.#scale !== this.#spec.scale;
    this.#spec = spec;
    if (!restart) for (const instance of this.#instances.values()) instance.adopt(spec);
    if (!scaled || this.#scale > spec.maxScale) this.scaleTo(spec.scale);
    this.#refresh(undefined);
  }

  view(): ProcessView {
    const instances = this.instances.map((instance) => instance.view());
    const wanted = instances.filter(({ index }) => index <= this.#scale);
    const reason = this.#skipped ?? wanted.find((view) => view.reason !== undefined && !view.ready)?.reason;
    return Object.freeze({
      name: this.name,
      type: this.#spec.type,
      state: toProcessState(wanted.map((view) => view.state)),
      ready: wanted.length > 0 && wanted.every((view) => view.ready),
      desired: this.#desired,
      scale: this.#scale,
      labels: this.#spec.labels,
      source: this.#spec.source,
      ...(reason === undefined ? {} : { reason }),
      instances,
    });
  }

  #setDesired(desired: 'up' | 'down'): void {
    if (desired === this.#desired) return;
    this.#desired = desired;
    this.#tellChanged();
    this.#refresh(undefined);
  }

  #tellChanged(): void {
    this.#context.ports.emit('unit.changed', { process: this.name, desired: this.#desired, scale: this.#scale });
  }

  #fill(): void {
    for (let index = 1; index <= this.#scale; index += 1) {
      if (!this.#instances.has(index)) this.#instances.set(index, this.#createInstance(index));
    }
  }

  #createInstance(index: number): Instance {
    const slot = {
      index,
      spec: () => this.#spec,
      wanted: () => this.#isWanted(index),
      awaitGate: (instance: Instance, again: boolean) => this.#context.awaitGate(this, instance, again),
      leaveGate: (instance: Instance) => this.#context.leaveGate(instance),
      changed: (instance: Instance) => {
        this.#refresh(instance);
        this.#dropIfSurplus(instance);
      },
    };
    return new Instance(slot, this.#context.ports);
  }

  #isWanted(index: number): boolean {
    return this.#desired === 'up' && index <= this.#scale && !this.#held.has(index);
  }

  #wanted(): readonly Instance[] {
    return this.instances.filter((instance) => this.#isWanted(instance.index));
  }

  #dropIfSurplus(instance: Instance): void {
    if (instance.index <= this.#scale || !restingStates.has(instance.state)) return;
    if (!this.#instances.delete(instance.index)) return;
    this.#context.ports.logs.forget(instance.id);
    this.#refresh(undefined);
  }

  #refresh(instance: Instance | undefined): void {
    this.#standing = this.#toStanding(this.#standing);
    this.#context.changed(this, instance);
  }

  /** `before` keeps the time since when a condition holds. */
  #toStanding(before: Standing | undefined): Standing {
    const now = this.#context.ports.clock.monotonic();
    const wanted = this.#wanted();
    const since = (holds: boolean, earlier: number | undefined): number | undefined =>
      holds ? (earlier ?? now) : undefined;
    const every = (test: (instance: Instance) => boolean): boolean => wanted.length > 0 && wanted.every(test);
    const oneshot = this.#spec.type === 'oneshot';
    const exited = every((instance) => instance.state === 'exited');
    const failed = wanted.find((instance) => instance.state === 'failed');
    const why = this.#skipped ?? (failed ?? wanted.find((instance) => !instance.ready))?.reason;
    return {
      skipped: this.#skipped !== undefined,
      desiredUp: this.#desired === 'up',
      failed: failed !== undefined,
      ended: exited && !oneshot,
      startedSince: since(
        every((instance) => instance.child !== undefined || instance.state === 'exited'),
        before?.startedSince,
      ),
      readySince: since(
        every((instance) => instance.ready),
        before?.readySince,
      ),
      completedSince: since(exited && oneshot, before?.completedSince),
      live: this.instances.some((instance) => liveStates.has(instance.state)),
      why,
    };
  }
}
