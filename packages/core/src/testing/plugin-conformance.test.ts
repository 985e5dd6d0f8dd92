import { describe, expect, test } from 'vitest';
import type { PluginDefinition } from '../plugin/plugin.ts';
import { describePlugin, pluginCases } from './plugin-conformance.ts';

const config = { processes: { web: { command: 'web' } } };

describePlugin({ describe, test }, () => ({ name: 'quiet', plugin: { name: 'quiet' }, config }));

describe('the conformance suite finds', () => {
  let taken = false;
  const bad: Readonly<Record<string, PluginDefinition>> = {
    'a supervisor with it': {
      name: 'bad',
      setup: (pm) => pm.hooks.instance.exited.tap((view) => void Object.assign(view, { pid: 1 })),
    },
    'two set-ups': {
      name: 'bad',
      setup() {
        if (taken) throw new Error('port 80 is taken');
        taken = true;
        return () => void (taken = false);
      },
    },
  };

  test.for(Object.entries(bad))('%s: a plugin that does not keep to it', async ([name, plugin]) => {
    const found = pluginCases.find((one) => one.name.startsWith(name));
    await expect(found?.run({ name: 'bad', plugin, config })).rejects.toThrow(/fail|Expected/);
  });

  test('a disposer that hangs', async () => {
    const plugin: PluginDefinition = { name: 'bad', setup: () => () => new Promise(() => undefined) };
    await expect(pluginCases[0]?.run({ name: 'bad', plugin, config })).rejects.toThrow('did not finish dispose');
  });
});
