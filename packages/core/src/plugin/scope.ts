import type { Command, CommandResult, DispatchOptions } from '../command/command.ts';
import { CommandError, PluginError } from '../errors.ts';
import type { EventPayloads, EventType } from '../event/event.ts';
import { runAsCore } from '../hooks/attribution.ts';
import type { PluginHooks } from '../hooks/hooks.ts';
import type { TapOwner } from '../hooks/owner.ts';
import type { Project } from '../hooks/payloads.ts';
import type { HookRegistry } from '../hooks/registry.ts';
import type { Snapshot } from '../instance/view.ts';
import type { Logger } from '../log/pipeline.ts';
import type { Clock } from '../os/clock.ts';
import type { TreeUsage } from '../os/tree-usage.ts';
import type { ApiName, PluginApis } from './augment.ts';
import type { ApiBoard } from './board.ts';
import type { ConfigExplanation, Connections } from './connections.ts';
import { createEventFeed, createLogFeed, type EventFeed, guardListener, type LogFeed } from './feeds.ts';
import type { PluginInfo } from './plugin-info.ts';
import type { Disposer } from './plugin.ts';
import { createRateGate } from './rate.ts';
import { createScopedClock, type ScopedClock } from './scoped-clock.ts';

/** How long a plugin waits for what it asked for. The caller is always the plugin. */
export interface PluginDispatchOptions extends Pick<DispatchOptions, 'from' | 'onAccepted'> {
  /** Milliseconds to wait for the final state; 0 (default) answers when the command is accepted. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** For whom: the caller of the command is then `PLUGIN:NAME`, else `plugin:PLUGIN`. */
  readonly onBehalfOf?: string;
}

/** Everything a plugin gets to work with: views to read, hooks to tap, one door for commands. */
export interface PluginScope {
  readonly name: string;
  readonly hooks: PluginHooks;
  /** Records appear as the supervisor's own, with the plugin's name. */
  readonly logger: Logger;
  /** Its timers end with the plugin; what they throw is blamed on the plugin and ends nothing. */
  readonly clock: Clock;
  /** Aborts when the plugin goes. */
  readonly signal: AbortSignal;
  readonly project: Project;
  /** The only way to change the world. Throws CommandError where it is refused, and before the supervisor runs. */
  dispatch(command: Command, options?: PluginDispatchOptions): Promise<CommandResult>;
  /** A frozen picture of everything. Throws CommandError before the supervisor runs. */
  snapshot(): Snapshot;
  /** Appends an event of the plugin's own; its type begins with the plugin's name: `heartbeat.missed`. */
  emit<T extends EventType>(type: T, payload: EventPayloads[T]): void;
  /** What happened so far, and what happens from now on. */
  readonly events: EventFeed;
  /** The output of processes, as it is kept for `pm logs`. */
  readonly logs: LogFeed;
  /** What the process tree of each living instance uses now, by instance: of those named, or all. About 0.1 ms for each. */
  usage(instances?: ReadonlySet<string>): Promise<ReadonlyMap<string, TreeUsage>>;
  /** The configuration in force: every key and who set it. Secrets are masked. */
  explain(): ConfigExplanation;
  /** Plugins in force, in their order. */
  plugins(): readonly PluginInfo[];
  /** Where the control socket belongs; undefined where none can be made. Throws CommandError before the supervisor runs. */
  readonly socket: string | undefined;
  /** Whoever listens on the control socket says where: what starts from then on has it as PM_SOCKET. undefined: nobody does. */
  announceSocket(path: string | undefined): void;
  /** Offers something to other plugins. Throws PluginError where another plugin has the name. */
  provide<K extends ApiName>(name: K, api: PluginApis[K]): void;
  /** What another plugin offers; undefined where none does. List the plugin in `requires` or `after`, so that it is set up before. */
  use<K extends ApiName>(name: K): PluginApis[K] | undefined;
  /** Called when the plugin goes, last registered first. At most 2 s each. */
  onDispose(disposer: Disposer): void;
}

export interface ScopePorts {
  readonly owner: TapOwner;
  readonly hooks: HookRegistry;
  readonly clock: Clock;
  readonly project: Project;
  readonly board: ApiBoard;
  /** The supervisor, once it is there. */
  readonly connections: Connections;
  /** Aborts when the plugin goes. */
  readonly signal: AbortSignal;
  readonly addDisposer: (disposer: Disposer) => void;
}

/** What one plugin may send; more is refused and counted as a failure. Enough for a command to each of 1,000 services. */
const commandRate = { burst: 1000, perSecond: 200 };
const eventRate = { burst: 1000, perSecond: 100 };
/** Disposers may still say what they do. */
const recordRate = { burst: 1000, perSecond: 100, lastWords: true };

/** Makes what `setup` gets. */
export function createScope(ports: ScopePorts): PluginScope {
  const { owner, board, connections, project, signal, addDisposer } = ports;
  const clock: ScopedClock = createScopedClock(ports);
  addDisposer(clock.cancelAll);
  const mayCommand = createLimit(ports, 'dispatch', commandRate);
  const mayEmit = createLimit(ports, 'emit', eventRate);

  return Object.freeze({
    name: owner.plugin,
    hooks: ports.hooks.scope(owner),
    logger: createLogger(ports),
    clock,
    signal,
    project,
    async dispatch(command: Command, options: PluginDispatchOptions = {}) {
      if (!mayCommand())
        throw new CommandError('PM_COMMAND_REFUSED', `plugin "${owner.plugin}" sends too many commands`);
      // A copy: the plugin must not change a command after it was checked.
      const request = structuredClone(command);
      return runAsCore(() => connections.dispatch(request, toDispatchOptions(options, ports)));
    },
    snapshot: () => runAsCore(() => connections.snapshot()),
    emit<T extends EventType>(type: T, payload: EventPayloads[T]) {
      checkEventType(owner, type);
      if (mayEmit()) runAsCore(() => connections.emit(type, structuredClone(payload)));
    },
    events: createEventFeed(ports),
    logs: createLogFeed(ports),
    usage: (instances?: ReadonlySet<string>) => runAsCore(() => connections.usage(instances)),
    explain: () => runAsCore(() => connections.explain()),
    plugins: () => runAsCore(() => connections.plugins()),
    get socket() {
      return connections.socket;
    },
    announceSocket: (path: string | undefined) => runAsCore(() => connections.announceSocket(path)),
    provide: <K extends ApiName>(name: K, api: PluginApis[K]) => board.provide(owner, name, api),
    use: <K extends ApiName>(name: K) => board.use(owner, name) as PluginApis[K] | undefined,
    onDispose: addDisposer,
  });
}

function toDispatchOptions(options: PluginDispatchOptions, { owner, hooks }: ScopePorts): DispatchOptions {
  const { onBehalfOf, onAccepted, ...rest } = options;
  const caller = onBehalfOf === undefined ? `plugin:${owner.plugin}` : `${owner.plugin}:${onBehalfOf}`;
  if (onAccepted === undefined) return { ...rest, caller };
  return { ...rest, caller, onAccepted: guardListener(onAccepted, { owner, hooks, step: 'onAccepted' }) };
}

/** Says whether one more may pass. Once over the rate, a muted or gone plugin passes nothing at all. */
function createLimit(
  { owner, hooks, clock }: ScopePorts,
  step: string,
  rate: { burst: number; perSecond: number; lastWords?: boolean },
): () => boolean {
  const passes = createRateGate(rate);
  return () => {
    if (owner.muted || (rate.lastWords === true ? owner.ended : owner.disposed)) return false;
    if (passes(clock.monotonic())) return true;
    hooks.blame(owner, step, new Error(`more than ${rate.perSecond} a second: refused`));
    return false;
  };
}

function checkEventType({ plugin }: TapOwner, type: string): void {
  if (type.startsWith(`${plugin}.`)) return;
  throw new PluginError(
    'PM_PLUGIN_INVALID',
    `plugin "${plugin}": event type "${type}" must begin with "${plugin}."`,
    { plugin, hook: 'emit' },
    {
      hint: "A plugin's events carry its name, so that nobody takes them for the supervisor's.",
    },
  );
}

function createLogger(ports: ScopePorts): Logger {
  const { owner, connections } = ports;
  const mayLog = createLimit(ports, 'logger', recordRate);
  const write = (level: keyof Logger) => (message: unknown, fields?: Readonly<Record<string, unknown>>) => {
    if (mayLog()) runAsCore(() => connections.logger[level](String(message), { ...fields, plugin: owner.plugin }));
  };
  return Object.freeze({ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') });
}
