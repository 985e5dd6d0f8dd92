import type { Instance } from '../instance/instance.ts';
import type { Ports } from '../instance/ports.ts';
import type { Timer } from '../os/clock.ts';
import { buildGraph, type Graph } from '../plan/graph.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import { askGate } from './gate.ts';
import { Unit } from './unit.ts';
import type { WaveGate } from './wave-gate.ts';

/** An instance in front of its gate. */
interface Waiting {
  readonly unit: Unit;
  readonly since: number;
  readonly again: boolean;
  timer: Timer | undefined;
}

/** Called after a change of a unit; `instance` is the one that changed, if it was one. */
export type RosterListener = (unit: Unit, instance: Instance | undefined) => void;

/** All units, and the gates between them: a change of one asks again at the gates of those that wait for it. */
export class Roster {
  readonly #ports: Ports;
  readonly #units = new Map<string, Unit>();
  readonly #waiting = new Map<Instance, Waiting>();
  readonly #listeners = new Set<RosterListener>();
  /** Who has to look again when this process changes: its dependents, and those in conflict with it. */
  #interested: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #conflicts: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #graph: Graph = buildGraph([]);
  #waves: WaveGate | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get units(): readonly Unit[] {
    return [...this.#units.values()];
  }

  /** Who needs whom, over all units. */
  get graph(): Graph {
    return this.#graph;
  }

  get(name: string): Unit | undefined {
    return this.#units.get(name);
  }

  /** Adds units that are not there yet. They stay down. */
  add(specs: readonly ProcessSpec[]): void {
    for (const spec of specs) {
      if (!this.#units.has(spec.name)) this.#units.set(spec.name, this.#createUnit(spec));
    }
    this.rewire();
  }

  /** Forgets units that are down. */
  delete(names: readonly string[]): void {
    const known = names.filter((name) => this.#units.has(name));
    for (const name of known) {
      for (const instance of this.#units.get(name)?.instances ?? []) this.#ports.logs.forget(instance.id);
      this.#units.delete(name);
      this.#ports.emit('unit.changed', { process: name, desired: 'down', scale: 0, removed: true });
    }
    if (known.length > 0) this.rewire();
  }

  /** After any change of declarations: who waits for whom is read again. */
  rewire(): void {
    const specs = this.units.map((unit) => unit.spec);
    this.#graph = buildGraph(specs);
    const interested = new Map<string, Set<string>>();
    const conflicts = new Map<string, Set<string>>();
    for (const { name, dependsOn, conflictsWith } of specs) {
      for (const dependency of dependsOn) addTo(interested, dependency.process, name);
      for (const other of conflictsWith) {
        for (const map of [interested, conflicts]) {
          addTo(map, other, name);
          addTo(map, name, other);
        }
      }
    }
    this.#interested = interested;
    this.#conflicts = conflicts;
    this.#askAll();
  }

  /** Waves hold back gates while the boot lasts; undefined: no more waves. */
  setWaves(waves: WaveGate | undefined): void {
    this.#waves = waves;
    this.#askAll();
  }

  subscribe(listener: RosterListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves with true as soon as `holds`, with false when `signal` aborts first. Asked again after every change. */
  until(holds: () => boolean, signal: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const onAbort = (): void => finish(false);
      const unsubscribe = this.subscribe(() => {
        if (holds()) finish(true);
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #createUnit(spec: ProcessSpec): Unit {
    return new Unit(spec, {
      ports: this.#ports,
      awaitGate: (unit, instance, again) => this.#awaitGate(unit, instance, again),
      leaveGate: (instance) => this.#leaveGate(instance),
      changed: (unit, instance) => this.#onChanged(unit, instance),
    });
  }

  #awaitGate(unit: Unit, instance: Instance, again: boolean): void {
    this.#waiting.set(instance, { unit, since: this.#ports.clock.monotonic(), again, timer: undefined });
    this.#ask(instance);
  }

  #leaveGate(instance: Instance): void {
    this.#waiting.get(instance)?.timer?.cancel();
    this.#waiting.delete(instance);
  }

  #onChanged(unit: Unit, instance: Instance | undefined): void {
    const interested = this.#interested.get(unit.name);
    if (interested !== undefined) {
      for (const name of interested) for (const waiting of this.#units.get(name)?.instances ?? []) this.#ask(waiting);
    }
    if (this.#waves?.passed(unit) === true) this.#askAll();
    for (const listener of this.#listeners) listener(unit, instance);
  }

  #askAll(): void {
    for (const instance of this.#waiting.keys()) this.#ask(instance);
  }

  #ask(instance: Instance): void {
    const entry = this.#waiting.get(instance);
    if (entry === undefined) return;
    entry.timer?.cancel();
    entry.timer = undefined;
    const { clock } = this.#ports;
    const answer = askGate({
      spec: entry.unit.spec,
      standing: (name) => this.#units.get(name)?.standing,
      now: clock.monotonic(),
      since: entry.since,
      again: entry.again,
      conflicts: [...(this.#conflicts.get(entry.unit.name) ?? [])],
      earlierWaves: this.#waves?.earlierThan(entry.unit.name) ?? [],
    });
    if (answer.verdict === 'open') return instance.openGate();
    if (answer.verdict === 'never') return instance.failGate(answer.why);
    instance.explainGate(answer.why);
    if (answer.until === undefined) return;
    entry.timer = clock.after(Math.max(0, answer.until - clock.monotonic()), () => this.#ask(instance));
  }
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
