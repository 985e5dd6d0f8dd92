import type { HookRegistry } from '../hooks/registry.ts';
import type { InstanceHooks } from '../instance/ports.ts';

/** The hooks of plugins, as units and instances know them. */
export function toInstanceHooks({ instance }: HookRegistry): InstanceHooks {
  return {
    hasSpawningTaps: () => instance.spawning.hasTaps(),
    spawning: (request, view) => instance.spawning.fire(request, view),
    spawned: (view) => instance.spawned.fire(view),
    ready: (view) => instance.ready.fire(view),
    unready: (view, why) => instance.unready.fire(view, why),
    exited: (view, exit) => instance.exited.fire(view, exit),
    changed: (view, from) => instance.changed.fire(view, from),
    stopping: (view, reason, limit) =>
      instance.stopping.hasTaps() ? instance.stopping.fire(view, reason, limit) : Promise.resolve(),
    restart(view, exit, proposed) {
      if (!instance.restart.hasTaps()) return undefined;
      const { trigger, delayMs, why } = proposed;
      return instance.restart.fire(view, exit, { restart: trigger === 'endedRestart', delayMs, why });
    },
  };
}
