import { definePlugin, type InstanceView, type Plan, type PluginFactory, type PluginScope } from '@pm-supervisor/core';
import * as v from 'valibot';
import { type Heart, startHeart } from './heart.ts';
import { ping as realPing, type Ping } from './ping.ts';
import { duration, heartbeatSchema } from './section.ts';

/** What stands under `plugins.heartbeat`, after its schema: durations are milliseconds. */
export interface HeartbeatOptions {
  /** For processes that do not say. Default 30 s. */
  readonly interval?: number;
}

/** What other plugins can ask: `pm.use('heartbeat')`. */
export interface HeartbeatApi {
  /** Milliseconds since the epoch of the last beat that arrived. */
  lastBeat(instance: string): number | undefined;
}

const optionsSchema: v.GenericSchema<unknown, HeartbeatOptions> = v.strictObject({
  interval: v.exactOptional(duration),
});

/** Tells a dead man's switch that a process is ready, every `interval`, and stops telling when it is not. */
export const heartbeat: PluginFactory<HeartbeatOptions> = createHeartbeat(realPing);

// region define
/** The plugin with another way to ping, for tests. */
export function createHeartbeat(ping: Ping): PluginFactory<HeartbeatOptions> {
  return definePlugin(
    ({ interval = 30_000 }: HeartbeatOptions = {}) => ({
      name: 'heartbeat',
      core: '^1.0.0',
      after: ['healthchecks'],
      sections: { process: { heartbeat: heartbeatSchema } },
      setup: (pm) => setUp(pm, ping, interval),
    }),
    { options: optionsSchema },
  );
}
// endregion

function setUp(pm: PluginScope, ping: Ping, defaultMs: number): () => void {
  const hearts = new Map<string, Heart>();
  let plan: Plan | undefined;

  pm.provide('heartbeat', { lastBeat: (instance) => hearts.get(instance)?.beat.lastAt });
  pm.hooks.instance.ready.tap((view) => start(view));
  pm.hooks.instance.unready.tap((view) => stop(view.id));
  // At boot nothing is ready yet; after a reload the hearts of what runs on beat as the new plan says.
  pm.hooks.plan.applied.tap((applied) => {
    plan = applied;
    for (const view of pm.snapshot().processes.flatMap(({ instances }) => instances)) {
      if (view.ready) start(view);
    }
  });
  return () => [...hearts.keys()].forEach(stop);

  function start(view: InstanceView): void {
    const spec = plan?.processes.get(view.process)?.sections.heartbeat;
    const running = hearts.get(view.id);
    if (running !== undefined && running.spec === spec) return;
    stop(view.id);
    if (spec !== undefined) hearts.set(view.id, startHeart(spec, view, { pm, ping, defaultMs }));
  }

  function stop(instance: string): void {
    hearts.get(instance)?.stop();
    hearts.delete(instance);
  }
}
