import { definePlugin, type PluginDefinition, type PluginFactory, type PluginScope } from '@pm-supervisor/core';
import 'pm-plugin-heartbeat';

interface GreetingOptions {
  readonly text: string;
}

/** Gives every process a variable, and asks another plugin how it is. */
export const greeting: PluginFactory<GreetingOptions> = definePlugin(
  ({ text }: GreetingOptions = { text: 'hello' }): PluginDefinition => ({
    name: 'greeting',
    core: '^1.0.0',
    requires: ['heartbeat'],
    setup(pm) {
      pm.hooks.instance.spawning.tap((request) => ({ ...request, env: { ...request.env, GREETING: text } }));
      pm.hooks.instance.ready.tap(({ id }) => watchBeat(pm, id));
      // @ts-expect-error Plugins tap hooks; firing them is core's.
      const fire: unknown = pm.hooks.instance.ready.fire;
      // @ts-expect-error A hook that does not exist.
      const misspelt: unknown = () => pm.hooks.instance.raedy;
      // @ts-expect-error Only what somebody declared can be asked for.
      const nobody: unknown = pm.use('nobody');
      if (fire !== undefined || nobody !== undefined || misspelt === undefined) throw new Error('a hook can be fired');
    },
  }),
);

function watchBeat(pm: PluginScope, instance: string): void {
  const lastAt: number | undefined = pm.use('heartbeat')?.lastBeat(instance);
  if (lastAt !== undefined) pm.logger.info(`${instance} beats`);
  else pm.clock.after(50, () => watchBeat(pm, instance));
}
