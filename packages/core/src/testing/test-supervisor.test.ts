import { describe, expect, test } from 'vitest';
import type { PluginDefinition } from '../plugin/plugin.ts';
import { createTestSupervisor } from './test-supervisor.ts';

const config = {
  processes: {
    migrate: { command: 'migrate', type: 'oneshot' },
    web: { command: 'web', depends_on: 'migrate', ready: { port: 80 } },
  },
};

describe('the order of hooks', () => {
  test('boot, crash, restart and stop are the page of the documentation', async () => {
    const parts: string[] = [];
    const pm = await createTestSupervisor({ config });
    const write = (title: string): void => {
      parts.push(
        `## ${title}\n\n${pm.fired
          .splice(0)
          .map((line) => `1. \`${line}\``)
          .join('\n')}\n`,
      );
    };
    write('`pm run`: planning, then the boot up to the spawn of `migrate`');
    pm.spawner.of('migrate-1').exit(0);
    await pm.turn();
    write('`migrate` ends with success, so `web` starts');
    pm.openPorts.add(80);
    await pm.turn(1000);
    write('`web` opens its port');
    pm.openPorts.clear();
    pm.spawner.of('web-1').exit(1);
    await pm.turn();
    write('`web` crashes');
    pm.openPorts.add(80);
    await pm.turn(10_000);
    write('Its delay is over');
    expect(await pm.stop()).toBe(0);
    write('SIGTERM');
    await expect(toPage(parts)).toMatchFileSnapshot('../../../../docs/reference/hook-order.md');
  });
});

function toPage(parts: readonly string[]): string {
  return [
    '# The order of hooks\n',
    'Recorded from a supervisor with two processes, `migrate` (a oneshot) and `web` (which depends on it and is ready',
    'when its port is open), by the test that holds this page to the code. `log.line` is left out: it fires for every line.\n',
    ...parts,
  ].join('\n');
}

describe('a test supervisor', () => {
  test('shows what plugins are told, and what they did', async () => {
    const audit: PluginDefinition = {
      name: 'audit',
      setup(pm) {
        pm.hooks.instance.exited.tap((view, exit) => pm.logger.info(`${view.id}: ${exit.text}`));
        pm.hooks.instance.spawning.tap((request) => ({ ...request, env: { ...request.env, AUDITED: '1' } }));
      },
    };
    const pm = await createTestSupervisor({ config, plugins: { audit } });
    expect(pm.spawner.of('migrate-1').request.env).toMatchObject({ AUDITED: '1' });
    pm.spawner.of('migrate-1').exit(0);
    await pm.turn();
    expect(pm.logs.records).toContain('info: migrate-1: exit 0');
    expect(pm.eventsOf('instance.exited')).toMatchObject([{ instance: 'migrate-1', exit: { code: 0 } }]);
    expect(await pm.stop()).toBe(0);
  });

  test('options of plugins come from the configuration, however it lists them', async () => {
    const seen: unknown[] = [];
    const probe = (options?: unknown): PluginDefinition => (seen.push(options), { name: 'probe' });
    for (const plugins of [{ probe: { n: 1 } }, [{ probe: { n: 1 } }], ['probe'], undefined]) {
      const pm = await createTestSupervisor({
        config: { ...config, ...(plugins === undefined ? {} : { plugins }) },
        plugins: { probe: probe as never },
      });
      await pm.stop();
    }
    expect(seen).toEqual([{ n: 1 }, { n: 1 }, undefined, undefined]);
  });

  test('a configuration with errors tells them', async () => {
    await expect(createTestSupervisor({ config: { processes: { web: { comand: 'web' } } } })).rejects.toThrow(
      /processes\.web\.comand/,
    );
  });
});
