import { createOwner, type TapOwner } from '../hooks/owner.ts';
import type { Project } from '../hooks/payloads.ts';
import type { HookRegistry } from '../hooks/registry.ts';
import type { Clock } from '../os/clock.ts';
import type { ApiBoard } from './board.ts';
import type { Connections } from './connections.ts';
import { runStep } from './limit.ts';
import type { Disposer } from './plugin.ts';
import type { ResolvedPlugin } from './resolve.ts';
import { createScope } from './scope.ts';

/** One set-up of one plugin: from `setup` until it is disposed. */
export interface SetUp extends ResolvedPlugin {
  readonly name: string;
  readonly owner: TapOwner;
  /** Milliseconds each step took, for `pm plugins`. */
  readonly timings: Timings;
  /** Mutes the plugin, aborts its signal, runs its disposers (last first, 2 s each) and takes its taps back. Idempotent, never rejects. */
  dispose(): Promise<void>;
}

export interface Timings {
  resolveMs: number;
  setupMs: number;
  layerMs: number;
}

export interface SetUpPorts {
  readonly clock: Clock;
  readonly hooks: HookRegistry;
  readonly board: ApiBoard;
  readonly connections: Connections;
  readonly project: Project;
}

const setupLimitMs = 10_000;
const disposeLimitMs = 2_000;

/** Sets a plugin up. Rejects with PluginError when its setup fails, after taking back what it did until then. */
export async function setUpPlugin(
  pending: ResolvedPlugin & { readonly resolveMs: number },
  ports: SetUpPorts,
): Promise<SetUp> {
  const { resolveMs, ...resolved } = pending;
  const { definition } = resolved;
  const plugin = definition.name;
  const owner = createOwner(plugin);
  const life = createLife(owner, ports);
  const scope = createScope({ ...ports, owner, signal: life.signal, addDisposer: life.addDisposer });
  const timings: Timings = { resolveMs, setupMs: 0, layerMs: 0 };
  const startedAt = ports.clock.monotonic();
  try {
    const step = { clock: ports.clock, plugin, step: 'setup', limitMs: setupLimitMs };
    const disposer = await runStep(step, () => definition.setup?.(scope));
    if (typeof disposer === 'function') life.addDisposer(disposer);
  } catch (error) {
    await life.dispose();
    throw error;
  }
  timings.setupMs = ports.clock.monotonic() - startedAt;
  return { ...resolved, name: plugin, owner, timings, dispose: life.dispose };
}

interface Life {
  readonly signal: AbortSignal;
  addDisposer(disposer: Disposer): void;
  dispose(): Promise<void>;
}

function createLife(owner: TapOwner, ports: SetUpPorts): Life {
  const controller = new AbortController();
  const disposers: Disposer[] = [];
  let disposed: Promise<void> | undefined;
  return {
    signal: controller.signal,
    addDisposer(disposer) {
      // Too late to be called at the end: called at once, so that what it holds is let go.
      if (disposed === undefined) disposers.push(disposer);
      else void runDisposer(disposer, owner, ports);
    },
    dispose: () => (disposed ??= end()),
  };

  async function end(): Promise<void> {
    owner.disposed = true;
    controller.abort(new Error(`plugin "${owner.plugin}" is disposed`));
    for (const disposer of disposers.splice(0).toReversed()) await runDisposer(disposer, owner, ports);
    owner.ended = true;
    ports.hooks.remove(owner);
    ports.board.remove(owner);
  }
}

async function runDisposer(disposer: Disposer, owner: TapOwner, { clock, hooks }: SetUpPorts): Promise<void> {
  try {
    await runStep({ clock, plugin: owner.plugin, step: 'dispose', limitMs: disposeLimitMs }, disposer);
  } catch (cause) {
    hooks.blame(owner, 'dispose', cause);
  }
}
