import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import { BugError, SpawnError, type SpawnStage } from '../errors.ts';
import type { Child, ChildEnd, Spawner, SpawnerAbilities, SpawnRequest } from '../os/spawner.ts';
import type { KillMode, SignalName } from '../plan/spec.ts';

/** A signal that a fake child was sent. */
export interface ReceivedSignal {
  readonly signal: SignalName;
  readonly mode: KillMode;
  /** How it came: `Child.signal` or `Child.kill`. */
  readonly via: 'signal' | 'kill';
}

/** The test's side of one spawned child: plays the program. */
export interface FakeChild {
  /** What core holds. */
  readonly child: Child;
  readonly request: SpawnRequest;
  readonly pid: number;
  /** false once it ended. */
  readonly alive: boolean;
  /** Every signal it was sent, in order, whether it obeyed or not. */
  readonly received: readonly ReceivedSignal[];
  /** The program ends by itself with a code, or killed by a signal from elsewhere. Does nothing when it has ended. */
  exit(how: number | SignalName, options?: FakeExitOptions): void;
  write(text: string, stream?: 'stdout' | 'stderr'): void;
  /** Writes to its notification descriptor. Throws when the request had none. */
  notify(text: string): void;
  /** From now on these signals do nothing to it (SIGKILL always works). Without names: all of them. */
  ignore(...signals: SignalName[]): void;
  /** Runs instead of the default action when it gets this signal: a trap. */
  onSignal(signal: SignalName, trap: () => void): void;
  /** Ends the streams that `holdOutput` left open. */
  releaseOutput(): void;
  /** Further pids that `tree()` reports. */
  fork(): number;
}

/** What a fake child leaves behind when it ends. */
export interface FakeExitOptions {
  /** How many descendants had to be ended after it. */
  readonly leftovers?: number;
  /** A stranger keeps the output pipes open: their end comes with `releaseOutput`. */
  readonly holdOutput?: boolean;
}

/** A spawner whose children are played by the test: nothing runs. */
export interface FakeSpawner extends Spawner {
  /** Every child ever spawned, oldest first. */
  readonly children: readonly FakeChild[];
  /** Those that have not ended. Empty at the end of a test, or something leaks. */
  readonly live: readonly FakeChild[];
  /** Every request made, those that failed too. */
  readonly requests: readonly SpawnRequest[];
  /** The newest child of an instance (`queue-2`). Throws when there was none. */
  of(instance: string): FakeChild;
  /** The next `times` spawns reject with a SpawnError of this stage. */
  failNext(stage: SpawnStage, errno?: string, times?: number): void;
  /** Spawns stay pending until the returned function is called: a slow fork. */
  hold(): () => void;
}

/** How the fake begins; what it cannot do, and what its children do. */
export interface FakeSpawnerOptions {
  readonly abilities?: Partial<SpawnerAbilities>;
  /** Plays the program of each new child, right after its spawn. */
  readonly onSpawn?: (child: FakeChild) => void;
}

const fullAbilities: SpawnerAbilities = {
  helper: true,
  containment: 'subreaper',
  tty: true,
  limits: true,
  cgroup: 'none',
};

/** A spawner without processes: children are scripted by the test and obey signals as a program without traps does. */
export function createFakeSpawner(options: FakeSpawnerOptions = {}): FakeSpawner {
  const children: FakeChild[] = [];
  const requests: SpawnRequest[] = [];
  const failures: SpawnError[] = [];
  let gate = Promise.resolve();
  let nextPid = 1000;

  return {
    abilities: { ...fullAbilities, ...options.abilities },
    children,
    requests,
    get live() {
      return children.filter((child) => child.alive);
    },
    async spawn(request) {
      requests.push(request);
      await gate;
      const failure = failures.shift();
      if (failure) throw failure;
      const fake = createFakeChild(request, () => nextPid++);
      children.push(fake);
      options.onSpawn?.(fake);
      return fake.child;
    },
    of(instance) {
      const found = children.findLast((child) => child.request.instance === instance);
      if (!found) throw new Error(`no child of "${instance}" was spawned (spawned: ${namesOf(children)})`);
      return found;
    },
    failNext(stage, errno, times = 1) {
      for (let n = 0; n < times; n++) failures.push(toSpawnError(stage, errno));
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

function createFakeChild(request: SpawnRequest, takePid: () => number): FakeChild {
  return new ScriptedChild(request, takePid);
}

class ScriptedChild implements FakeChild {
  readonly request: SpawnRequest;
  readonly pid: number;
  readonly child: Child;
  readonly received: ReceivedSignal[] = [];
  readonly #takePid: () => number;
  readonly #descendants: number[] = [];
  readonly #traps = new Map<SignalName, () => void>();
  readonly #streams: FakeStreams;
  readonly #end = Promise.withResolvers<ChildEnd>();
  #ignoresAll = false;
  #alive = true;

  constructor(request: SpawnRequest, takePid: () => number) {
    this.request = request;
    this.pid = takePid();
    this.#takePid = takePid;
    this.#streams = openStreams(request);
    this.child = this.#toChild();
  }

  get alive(): boolean {
    return this.#alive;
  }

  exit(how: number | SignalName, { leftovers = 0, holdOutput = false }: FakeExitOptions = {}): void {
    if (!this.#alive) return;
    this.#alive = false;
    if (!holdOutput) this.releaseOutput();
    const end = typeof how === 'number' ? { code: how, signal: null } : { code: null, signal: how };
    this.#end.resolve({ ...end, leftovers });
  }

  write(text: string, name: 'stdout' | 'stderr' = 'stdout'): void {
    required(this.#streams[name], `"${this.request.instance}" has no ${name}`).write(text);
  }

  notify(text: string): void {
    required(this.#streams.notify, `"${this.request.instance}" was spawned without notifyFd`).write(text);
  }

  ignore(...signals: SignalName[]): void {
    if (signals.length === 0) this.#ignoresAll = true;
    for (const signal of signals) this.#traps.set(signal, () => {});
  }

  onSignal(signal: SignalName, trap: () => void): void {
    this.#traps.set(signal, trap);
  }

  releaseOutput(): void {
    for (const stream of Object.values(this.#streams)) stream.end();
  }

  fork(): number {
    const descendant = this.#takePid();
    this.#descendants.push(descendant);
    return descendant;
  }

  #toChild(): Child {
    return {
      pid: this.pid,
      ...this.#streams,
      ended: this.#end.promise,
      signal: (signal, mode) => this.#receive({ signal, mode, via: 'signal' }),
      kill: (signal, mode) => this.#receive({ signal, mode, via: 'kill' }),
      closeOutput: () => Object.values(this.#streams).forEach((stream) => stream.destroy()),
      tree: () => (this.#alive ? [this.pid, ...this.#descendants] : []),
    };
  }

  #receive(received: ReceivedSignal): boolean {
    const { signal } = received;
    assertKnown(signal);
    if (!this.#alive) return false;
    this.received.push(received);
    const trap = this.#traps.get(signal);
    if (signal === 'SIGKILL') this.exit(signal);
    else if (trap) trap();
    else if (!this.#ignoresAll && !harmless.has(signal)) this.exit(signal);
    return true;
  }
}

/** Signals whose default action does not end a process, signal(7). */
const harmless: ReadonlySet<SignalName> = new Set<SignalName>([
  'SIGCHLD',
  'SIGCONT',
  'SIGURG',
  'SIGWINCH',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
]);

type FakeStreams = Partial<Record<'stdout' | 'stderr' | 'notify', PassThrough>>;

function openStreams(request: SpawnRequest): FakeStreams {
  return {
    ...(request.output === 'pipe' && { stdout: new PassThrough() }),
    ...(request.output === 'pipe' && !request.tty && { stderr: new PassThrough() }),
    ...(request.notifyFd !== undefined && { notify: new PassThrough() }),
  };
}

function assertKnown(signal: SignalName): void {
  if (!(signal in constants.signals)) throw new BugError(`"${signal}" is not a signal that can be sent`);
}

function toSpawnError(stage: SpawnStage, errno: string | undefined): SpawnError {
  const message = `scripted failure at ${stage}${errno ? ` (${errno})` : ''}`;
  return new SpawnError(stage, message, errno === undefined ? {} : { errno });
}

function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(message);
  return value;
}

function namesOf(children: readonly FakeChild[]): string {
  return children.map((child) => child.request.instance).join(', ') || 'none';
}
