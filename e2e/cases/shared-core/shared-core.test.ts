import { expect } from 'vitest';
import { test } from '../../harness/folder.ts';

const plugin = `
import { definePlugin, PluginError, PmError } from '@pm-supervisor/core';
export const greeter = definePlugin(() => ({
  name: 'greeter',
  core: '^1.0.0',
  setup(pm) {
    pm.logger.info('one core: ' + (new PluginError('PM_PLUGIN_FAILED', 'x', { plugin: 'x', hook: 'x' }) instanceof PmError));
  },
}));
`;

test('a plugin gets the core that runs it, without having one installed', async ({ folder }) => {
  await folder.write('greeter.mjs', plugin);
  const pm = await folder.run(
    'plugins: { ./greeter.mjs: {} }\nprocesses: { a: { type: oneshot, command: ["true"] } }\n',
  );
  expect(await pm.ended).toEqual({ code: 0, signal: null });
  expect(pm.out.texts.join('\n')).toContain('one core: true');
});

test('check loads plugins in the same way', async ({ folder }) => {
  await folder.write('greeter.mjs', plugin);
  await folder.write('pm.yaml', 'plugins: { ./greeter.mjs: {} }\nprocesses: { a: { command: [sleep, "9"] } }\n');
  const pm = folder.pm(['check']);
  expect(await pm.ended).toEqual({ code: 0, signal: null });
  expect(pm.err.lines).toEqual([]);
});
