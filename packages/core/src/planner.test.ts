import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Diagnostic } from './config/diagnostic.ts';
import type { RawMap } from './config/layer.ts';
import { ConfigError } from './errors.ts';
import { diffPlans } from './plan/diff.ts';
import type { MachineFacts } from './plan/context.ts';
import { type Planned, type PlanRequest, preparePlan } from './planner.ts';
import type { PluginDefinition } from './plugin/plugin.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const facts: MachineFacts = {
  resolveUser: (user) => ({ error: `user "${user}" does not exist`, candidates: [] }),
  readFile: () => {
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
  },
  findCommand: (program) => ({ path: `/bin/${program}` }),
  isDirectory: () => true,
  exists: () => true,
  env: { PATH: '/bin' },
  cwd: '/app',
  uid: 0,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-planner-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Plugins = Readonly<Record<string, PluginDefinition | ((options?: never) => PluginDefinition)>>;

const plan = (request: Partial<PlanRequest>, plugins: Plugins = {}): Promise<Planned> =>
  preparePlan(
    { cwd: folder, env: {}, ...request },
    {
      clock: createFakeClock(),
      facts,
      bundled: Object.fromEntries(
        Object.entries(plugins).map(([name, plugin]) => [name, { load: async () => ({ default: plugin }) }]),
      ),
      evaluateModule: () => Promise.reject(new Error('no module in this test')),
    },
  );

const refusal = async (planned: Promise<unknown>): Promise<readonly Diagnostic[]> => {
  const error: unknown = await planned.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).diagnostics;
};

const web = { processes: { web: { command: ['nginx'] } } };
const anything = v.any();

describe('from a file', () => {
  test('a plan, its files and where it came from', async () => {
    const file = join(folder, 'pm.yaml');
    writeFileSync(file, 'processes:\n  web: {command: [nginx], scale: 2}\n');
    const planned = await plan({});
    expect(planned.plan.processes.get('web')).toMatchObject({ scale: 2, source: 'file' });
    expect(planned).toMatchObject({ files: [file], origin: file, warnings: [] });
  });

  test('a problem of a plugin is shown at its key', async () => {
    writeFileSync(join(folder, 'pm.yaml'), 'processes: {web: {command: [nginx]}}\nplugins:\n  metrcs: true\n');
    const [diagnostic] = await refusal(plan({}, { metrics: { name: 'metrics' } }));
    expect(diagnostic).toMatchObject({
      path: 'plugins.metrcs',
      position: { file: 'pm.yaml', line: 3, column: 3 },
      hint: 'Did you mean "metrics"?',
      frame: expect.stringContaining('metrcs: true'),
    });
  });

  test('a thousand processes of one program need one look at the machine', async () => {
    const findCommand = vi.spyOn(facts, 'findCommand');
    const processes = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`p${index}`, { command: ['sleep', '1'] }]),
    );
    expect((await plan({ inline: { processes } })).plan.processes.size).toBe(1000);
    expect(findCommand).toHaveBeenCalledOnce();
  });

  test('flags win over everything', async () => {
    const planned = await plan({
      inline: { ...web, global: { log_format: 'text' } },
      env: { PM_GLOBAL_LOG_FORMAT: 'raw' },
      flags: { global: { log_format: 'json' } },
    });
    expect(planned.plan.global.logFormat).toBe('json');
  });
});

describe('which plugins are on', () => {
  const health: PluginDefinition = { name: 'healthchecks', sections: { process: { health_check: anything } } };
  const config = { processes: { web: { command: ['nginx'], health_check: { port: 80 } } } };

  test('a bundled plugin turns itself on when a key that it owns appears', async () => {
    const { plan: made, host } = await plan({ inline: config }, { healthchecks: health });
    expect(made.plugins).toEqual([{ name: 'healthchecks', options: undefined, reason: 'owned-key' }]);
    expect(made.processes.get('web')?.sections).toMatchObject({ health_check: { port: 80 } });
    const said: string[] = [];
    const log = (message: string): void => void said.push(message);
    host.connect({ logger: { debug: log, info: log, warn: log, error: log } } as never);
    expect(said).toEqual(['plugin healthchecks is on, because processes.web.health_check is its key']);
  });

  test('nothing of it is loaded while no key of it appears', async () => {
    const load = vi.fn();
    await preparePlan(
      { cwd: folder, env: {}, inline: web },
      {
        clock: createFakeClock(),
        facts,
        bundled: { healthchecks: { load } },
        evaluateModule: () => Promise.reject(new Error()),
      },
    );
    expect(load).not.toHaveBeenCalled();
  });

  test('name: false keeps it off, and its key is then an error that says whose it is', async () => {
    const [diagnostic] = await refusal(
      plan({ inline: { ...config, plugins: { healthchecks: false } } }, { healthchecks: health }),
    );
    expect(diagnostic?.path).toBe('processes.web.health_check');
    expect(`${diagnostic?.message} ${diagnostic?.hint}`).toContain('healthchecks');
  });

  test('a key that another plugin claimed switches nothing on', async () => {
    const mine: PluginDefinition = { name: 'mine', sections: { process: { heartbeat: anything } } };
    const { plan: made } = await plan(
      { inline: { processes: { web: { command: ['nginx'], heartbeat: 1 } }, plugins: { mine: true } } },
      { mine, cron: { name: 'cron', sections: { process: { heartbeat: anything } } } },
    );
    expect(made.plugins.map(({ name }) => name)).toEqual(['mine']);
  });

  test('one that is always on needs no key, takes its options from the configuration, and can be switched off', async () => {
    const api = (): PluginDefinition => ({ name: 'api' });
    const on = async (plugins?: object): Promise<unknown> => {
      const ports = { clock: createFakeClock(), facts, evaluateModule: () => Promise.reject(new Error()) };
      const bundled = { api: { load: async () => ({ default: api }), always: true } };
      const { plan: made } = await preparePlan(
        { cwd: folder, env: {}, inline: { ...web, ...(plugins === undefined ? {} : { plugins }) } },
        { ...ports, bundled },
      );
      return made.plugins;
    };
    expect(await on()).toEqual([{ name: 'api', options: undefined, reason: 'always' }]);
    expect(await on({ api: { port: 1 } })).toEqual([{ name: 'api', options: { port: 1 }, reason: 'config' }]);
    expect(await on({ api: false })).toEqual([]);
  });

  test('a key in the layer of a plugin switches its owner on as well', async () => {
    const preset: PluginDefinition = {
      name: 'laravel',
      layer: () => ({ processes: { queue: { command: ['php'], schedule: '@daily' } } }),
    };
    const cron: PluginDefinition = { name: 'cron', sections: { process: { schedule: anything } } };
    const { plan: made } = await plan({ inline: { plugins: ['laravel'] } }, { laravel: preset, cron });
    expect(made.plugins.map(({ name, reason }) => [name, reason])).toEqual([
      ['laravel', 'config'],
      ['cron', 'owned-key'],
    ]);
    expect(made.processes.get('queue')).toMatchObject({ source: 'plugin', sections: { schedule: '@daily' } });
  });

  test('two plugins that own one key are told apart by name', async () => {
    const owner = (name: string): PluginDefinition => ({ name, sections: { process: { beat: anything } } });
    const [diagnostic] = await refusal(
      plan({ inline: { ...web, plugins: ['a', 'b'] } }, { a: owner('a'), b: owner('b') }),
    );
    expect(diagnostic?.message).toBe('plugins "a" and "b" both own the key "beat" (in a process)');
  });

  test('options are expanded, and one with a variable missing sets nothing up', async () => {
    const created = vi.fn((options?: unknown) => ({ name: 'slack', ...(options === undefined ? {} : {}) }));
    const slack = created as unknown as () => PluginDefinition;
    await plan({ inline: { ...web, plugins: { slack: { url: '${URL}' } } }, env: { URL: 'http://x' } }, { slack });
    expect(created).toHaveBeenLastCalledWith({ url: 'http://x' });
    created.mockClear();
    const [diagnostic] = await refusal(plan({ inline: { ...web, plugins: { slack: { url: '${URL}' } } } }, { slack }));
    expect(diagnostic?.path).toBe('plugins.slack.url');
    expect(created).not.toHaveBeenCalled();
  });
});

describe('what plugins contribute', () => {
  test('facts from detection reach layers; what the user wrote wins over a layer, with both in the provenance', async () => {
    writeFileSync(join(folder, 'artisan'), '');
    const { plan: made } = await plan(
      { inline: { plugins: ['laravel'], processes: { queue: { scale: 3 } } } },
      {
        laravel: {
          name: 'laravel',
          setup: (pm) => pm.hooks.config.detect.tap((project) => ({ laravel: project.has('artisan') })),
          layer(found, { note }) {
            note('processes.queue.command', 'artisan was found');
            return found['laravel'] === true
              ? { processes: { queue: { command: ['php', 'artisan', 'queue:work'], scale: 1 } } }
              : {};
          },
        },
      },
    );
    expect(made.processes.get('queue')).toMatchObject({
      scale: 3,
      command: { argv: ['php', 'artisan', 'queue:work'] },
    });
    expect(made.provenance.get('processes.queue.command')).toMatchObject({
      layer: 'plugin',
      from: 'laravel',
      note: 'artisan was found',
    });
    expect(made.provenance.get('processes.queue.scale')).toMatchObject({ layer: 'file' });
  });

  test('a detection that fails is a warning; a layer that fails refuses the plan, since its processes would be missing', async () => {
    const detect: PluginDefinition = {
      name: 'detect',
      setup: (pm) => pm.hooks.config.detect.tap(() => Promise.reject(new Error('disk'))),
    };
    expect((await plan({ inline: { ...web, plugins: ['detect'] } }, { detect })).warnings).toMatchObject([
      { severity: 'warning', message: 'plugin "detect" failed in config.detect: disk', source: 'plugin detect' },
    ]);
    const layer: PluginDefinition = { name: 'layer', layer: () => Promise.reject(new Error('disk')) };
    expect(await refusal(plan({ inline: { ...web, plugins: ['layer'] } }, { layer }))).toMatchObject([
      { message: 'plugin "layer" failed in layer: disk' },
    ]);
  });

  test.for([
    ['a list', [], 'is no map of configuration keys'],
    ['a function inside', { processes: { web: { command: () => 0 } } }, 'could not be cloned'],
  ] as const)('a layer that is no plain data is refused: %s', async ([, layer, message]) => {
    const [diagnostic] = await refusal(
      plan({ inline: { ...web, plugins: ['bad'] } }, { bad: { name: 'bad', layer: () => layer as unknown as RawMap } }),
    );
    expect(diagnostic?.message).toContain(message);
  });

  test('an error in a layer names the plugin', async () => {
    const [diagnostic] = await refusal(
      plan(
        { inline: { ...web, plugins: ['bad'] } },
        { bad: { name: 'bad', layer: () => ({ processes: { web: { scael: 2 } } }) } },
      ),
    );
    expect(diagnostic).toMatchObject({ path: 'processes.web.scael', source: 'plugin bad' });
  });

  test('a transform sees the whole draft and may return another', async () => {
    const { plan: made } = await plan(
      { inline: { ...web, plugins: ['double'] } },
      {
        double: {
          name: 'double',
          setup: (pm) =>
            pm.hooks.plan.transform.tap((draft) => ({
              ...draft,
              processes: Object.fromEntries(
                Object.entries(draft.processes).map(([name, process]) => [name, { ...process, scale: 2 }]),
              ),
            })),
        },
      },
    );
    expect(made.processes.get('web')?.scale).toBe(2);
  });

  test("a transform that breaks the plan is told as the plugin's doing", async () => {
    const breaking = (change: object): PluginDefinition => ({
      name: 'breaking',
      setup: (pm) =>
        pm.hooks.plan.transform.tap((draft) => ({
          ...draft,
          processes: { ...draft.processes, web: Object.assign({}, draft.processes['web'], change) },
        })),
    });
    const attempt = (change: object) =>
      plan({ inline: { ...web, plugins: ['breaking'] } }, { breaking: breaking(change) });
    await expect(attempt({ depends_on: { nobody: {} } })).rejects.toMatchObject({ code: 'PM_PLAN_INVALID' });
    await expect(attempt({ depends_on: 7, command: 7 })).rejects.toMatchObject({ code: 'PM_PLAN_INVALID' });
  });

  test('a check adds findings at the place of their key; an error refuses the plan', async () => {
    writeFileSync(join(folder, 'pm.yaml'), 'processes:\n  web: {command: [nginx]}\nplugins: [policy]\n');
    const policy = (severity: 'error' | 'warning'): PluginDefinition => ({
      name: 'policy',
      setup: (pm) =>
        pm.hooks.plan.check.tap((made, findings) => {
          for (const name of made.processes.keys())
            findings[severity](`processes.${name}.command`, 'has no limits', 'Set limits.');
        }),
    });
    const finding = {
      path: 'processes.web.command',
      message: 'has no limits',
      hint: 'Set limits.',
      position: { file: 'pm.yaml', line: 2 },
    };
    expect((await plan({}, { policy: policy('warning') })).warnings).toMatchObject([finding]);
    expect(await refusal(plan({}, { policy: policy('error') }))).toMatchObject([finding]);
  });

  test('a check that crashes refuses: its silence would mean "allow"', async () => {
    const [diagnostic] = await refusal(
      plan(
        { inline: { ...web, plugins: ['policy'] } },
        {
          policy: {
            name: 'policy',
            setup: (pm) => pm.hooks.plan.check.tap(() => Promise.reject(new Error('rules not found'))),
          },
        },
      ),
    );
    expect(diagnostic?.message).toBe('plugin "policy" failed in plan.check: rules not found');
  });

  test('process.exit and errors from nowhere are no way to end the planning', async () => {
    const hostile: PluginDefinition = {
      name: 'hostile',
      setup(pm) {
        setTimeout(() => {
          throw new Error('from nowhere');
        }, 0);
        pm.hooks.config.detect.tap(async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          process.exit(0);
        });
      },
    };
    expect(
      (await plan({ inline: { ...web, plugins: ['hostile'] } }, { hostile })).warnings.map(({ message }) => message),
    ).toEqual([
      'plugin "hostile" failed in uncaught: from nowhere',
      expect.stringContaining('plugin "hostile" failed in config.detect: process.exit would end everything'),
    ]);
  });

  test('nothing of a plugin is left behind by a plan that is refused', async () => {
    const gone = vi.fn();
    await refusal(
      plan(
        { inline: { processes: { web: { command: [] } }, plugins: ['x'] } },
        { x: { name: 'x', setup: () => gone } },
      ),
    );
    expect(gone).toHaveBeenCalledOnce();
  });
});

describe('the next plan', () => {
  const reload = { reread: true, dynamic: new Map<string, unknown>(), instantiate: [] };
  const declare = (name: string, declaration: object) => ({
    ...reload,
    reread: false,
    dynamic: new Map([[name, declaration]]),
  });

  test('a reload reads the files again; a bad one changes nothing', async () => {
    const file = join(folder, 'pm.yaml');
    writeFileSync(file, 'processes: {web: {command: [nginx]}}\n');
    const planned = await plan({});
    writeFileSync(file, 'processes: {web: {command: [nginx], scael: 2}}\n');
    expect(await refusal(planned.replan(reload))).toMatchObject([{ path: 'processes.web.scael' }]);
    writeFileSync(file, 'processes: {web: {command: [nginx], scale: 2}}\n');
    const next = await planned.replan(reload);
    expect(diffPlans(planned.plan, next.plan).changed).toMatchObject([{ name: 'web', keys: ['scale'] }]);
  });

  test('a process declared at run time passes the same gates, without asking the plugins again', async () => {
    const layer = vi.fn(() => ({}));
    const planned = await plan({ inline: { ...web, plugins: ['preset'] } }, { preset: { name: 'preset', layer } });
    const next = await planned.replan(declare('tunnel', { command: 'vpn --up', scale: 2 }));
    expect(next.plan.processes.get('tunnel')).toMatchObject({
      source: 'dynamic',
      scale: 2,
      command: { argv: ['vpn', '--up'] },
    });
    expect(layer).toHaveBeenCalledOnce();
    await next.accept();
    expect(await refusal(planned.replan(declare('tunnel', { comand: 'vpn' })))).not.toEqual([]);
  });

  test('an instance of a template that was asked for exists', async () => {
    const planned = await plan({ inline: { ...web, templates: { 'vpn@': { command: 'vpn --name %i' } } } });
    const next = await planned.replan({ ...reload, reread: false, instantiate: ['vpn@eu'] });
    expect(next.plan.processes.get('vpn@eu')).toMatchObject({ command: { argv: ['vpn', '--name', 'eu'] } });
  });

  test('a name that a file declares too is refused', async () => {
    const planned = await plan({ inline: web });
    expect(await refusal(planned.replan({ ...declare('web', { command: 'x' }), reread: true }))).toMatchObject([
      { path: 'processes.web', message: '"web" was also declared at run time' },
    ]);
  });

  test('a key declared at run time may switch a plugin on', async () => {
    const planned = await plan(
      { inline: web },
      { cron: { name: 'cron', sections: { process: { schedule: anything } } } },
    );
    const next = await planned.replan(declare('nightly', { command: 'backup', type: 'oneshot', schedule: '@daily' }));
    expect(next.plan.plugins.map(({ name }) => name)).toEqual(['cron']);
    expect(planned.host.plugins()).toEqual([]);
    await next.accept();
    expect(planned.host.plugins().map(({ name }) => name)).toEqual(['cron']);
  });

  test('changed options of a plugin apply when the plan is accepted', async () => {
    const file = join(folder, 'pm.json');
    const write = (port: number): void =>
      writeFileSync(file, JSON.stringify({ ...web, plugins: { metrics: { port } } }));
    const lives: string[] = [];
    const metrics = (options?: { port: number }): PluginDefinition => ({
      name: 'metrics',
      setup() {
        lives.push(`+${options?.port}`);
        return () => void lives.push(`-${options?.port}`);
      },
    });
    write(1);
    const planned = await plan({}, { metrics });
    write(2);
    await (await planned.replan(reload)).discard();
    expect(lives).toEqual(['+1', '+2', '-2']);
    const next = await planned.replan(reload);
    await next.accept();
    expect(lives).toEqual(['+1', '+2', '-2', '+2', '-1']);
    expect(diffPlans(planned.plan, next.plan).plugins).toEqual({ added: [], removed: [], changed: ['metrics'] });
  });
});
