import type { PluginError } from '../errors.ts';
import type { Project } from '../hooks/payloads.ts';
import type { CompileHook } from '../hooks/compile.ts';
import { createHooks, type HookRegistry } from '../hooks/registry.ts';
import type { Clock } from '../os/clock.ts';
import { type ApiBoard, createBoard } from './board.ts';
import { type Connections, createConnections, type SupervisorPort } from './connections.ts';
import { describePlugin, type PluginInfo } from './plugin-info.ts';
import type { ResolvePorts } from './resolve.ts';
import type { SetUp } from './set-up.ts';
import { createTrial, type Trial } from './trial.ts';

export interface HostPorts extends ResolvePorts {
  readonly clock: Clock;
  readonly project: Project;
  /** Failures while there is no supervisor to tell: `pm check`, boot. */
  readonly onEarlyFailure?: (error: PluginError) => void;
}

/** The plugins of one supervisor, from before its first plan to after its last process. */
export interface PluginHost {
  readonly hooks: HookRegistry;
  readonly project: Project;
  /** Says something in the log, now or as soon as there is one. */
  notice(message: string): void;
  /** Joins the supervisor: from now on plugins can dispatch, and their failures are its events. */
  connect(supervisor: SupervisorPort): void;
  /** Starts to put together the plugins of a plan. One trial at a time is accepted. */
  begin(): Trial;
  /** Plugins in force, in order; for `pm plugins`. */
  plugins(): readonly PluginInfo[];
  /** Disposes all plugins, last set up first. Never rejects, idempotent. */
  dispose(): Promise<void>;
}

/** What host and trials share. Written by them alone. */
export interface HostState {
  readonly ports: HostPorts;
  readonly clock: Clock;
  readonly project: Project;
  readonly hooks: HookRegistry;
  readonly board: ApiBoard;
  readonly connections: Connections;
  /** Absent until the first plugin is set up. */
  compile: CompileHook | undefined;
  /** Of each plugin's file when it was loaded, or when a change of it was said. */
  readonly stamps: Map<string, string | undefined>;
  connected: boolean;
  inForce: readonly SetUp[];
}

/** Creates a host without plugins. */
export function createHost(ports: HostPorts): PluginHost {
  const state = createState(ports);
  return {
    hooks: state.hooks,
    project: ports.project,
    notice: (message) => state.connections.logger.info(message),
    connect(supervisor) {
      state.connected = true;
      state.connections.connect(supervisor);
    },
    begin: () => createTrial(state),
    plugins: () => state.inForce.map((setUp) => describePlugin(setUp, state)),
    async dispose() {
      const leaving = state.inForce.toReversed();
      state.inForce = [];
      for (const setUp of leaving) await setUp.dispose();
    },
  };
}

function createState(ports: HostPorts): HostState {
  const { clock, project } = ports;
  const connections = createConnections();
  const hooks = createHooks({
    clock,
    knownPlugins: Object.keys(ports.bundled),
    compile: () => state.compile,
    report: (error) => reportFailure(error, state),
    muted(plugin, failures) {
      if (state.connected) connections.emit('plugin.muted', { plugin, failures });
    },
  });
  const state: HostState = {
    ports,
    clock,
    project,
    hooks,
    connections,
    board: createBoard(),
    compile: undefined,
    stamps: new Map(),
    connected: false,
    inForce: [],
  };
  return state;
}

function reportFailure(error: PluginError, { connected, connections, ports }: HostState): void {
  const { plugin, hook, message, code } = error;
  if (connected) connections.emit('plugin.failed', { plugin, hook, message, code });
  else ports.onEarlyFailure?.(error);
}
