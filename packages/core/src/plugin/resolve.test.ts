import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeModules } from './modules.ts';
import { resolvePlugin, type PluginRequest } from './resolve.ts';

let root: string;
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const writePackage = (folder: string, manifest: object, code: string): void => {
  write(`${folder}/package.json`, JSON.stringify({ version: '1.0.0', type: 'module', ...manifest }));
  write(`${folder}/index.js`, code);
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pm-resolve-'));
  write('app/plugins/slack.mjs', `export default (options) => ({ name: 'slack', setup() {}, layer: () => options });`);
  write(
    'app/plugins/typed.ts',
    `import type { X } from './nowhere.ts';\nexport default { name: 'typed' as string, setup(pm: X): void {} };`,
  );
  write('app/plugins/broken.mjs', 'export default {');
  write('app/plugins/needs.mjs', `import 'not-installed-anywhere';\nexport default { name: 'needs' };`);
  write('app/plugins/throws.mjs', `throw new Error('no license');`);
  write('app/plugins/common.cjs', `module.exports = { name: 'common', setup() {} };`);
  writePackage(
    'app/node_modules/pm-plugin-nagios',
    { name: 'pm-plugin-nagios', exports: './index.js' },
    `export default { name: 'nagios', setup() {} };`,
  );
  writePackage(
    'app/node_modules/@acme/pm-plugin-audit',
    { name: '@acme/pm-plugin-audit', exports: { '.': { types: './x.d.ts', import: './index.js' } } },
    `export const audit = { name: 'audit', setup() {} };`,
  );
  writePackage(
    'app/node_modules/@pm-supervisor/plugin-nagios2',
    { name: '@pm-supervisor/plugin-nagios2', exports: './index.js' },
    `export default { name: 'first-party', setup() {} };`,
  );
  writePackage(
    'app/node_modules/pm-plugin-nagios2',
    { name: 'pm-plugin-nagios2', exports: './index.js' },
    `export default { name: 'third-party', setup() {} };`,
  );
  writePackage(
    'cwd/node_modules/pm-plugin-here',
    { name: 'pm-plugin-here', exports: './index.js' },
    `export default { name: 'here', setup() {} };`,
  );
  writePackage('app/node_modules/lodash', { name: 'lodash', exports: './index.js' }, `export const map = () => 0;`);
  symlinkSync(join(root, 'app/plugins'), join(root, 'app/linked'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const bundled = { laravel: { load: async () => ({ default: { name: 'laravel', setup() {} } }) } };
const resolve = (key: string, more: Partial<PluginRequest> = {}) =>
  resolvePlugin(
    { key, options: undefined, reason: 'config', ...more },
    { bundled, modules: nodeModules, folders: [join(root, 'app'), join(root, 'cwd')] },
  );

describe('where a plugin is found', () => {
  test.for([
    ['laravel', 'laravel', 'bundled'],
    ['nagios', 'nagios', 'app/node_modules/pm-plugin-nagios/index.js'],
    ['nagios2', 'first-party', 'app/node_modules/@pm-supervisor/plugin-nagios2/index.js'],
    ['@acme/pm-plugin-audit', 'audit', 'app/node_modules/@acme/pm-plugin-audit/index.js'],
    ['here', 'here', 'cwd/node_modules/pm-plugin-here/index.js'],
    ['pm-plugin-nagios', 'nagios', 'app/node_modules/pm-plugin-nagios/index.js'],
    ['./plugins/slack.mjs', 'slack', 'app/plugins/slack.mjs'],
    ['./plugins/typed.ts', 'typed', 'app/plugins/typed.ts'],
    ['./plugins/common.cjs', 'common', 'app/plugins/common.cjs'],
    ['../app/plugins/slack.mjs', 'slack', 'app/plugins/slack.mjs'],
    ['./linked/slack.mjs', 'slack', 'app/plugins/slack.mjs'],
  ] as const)('%s', async ([key, name, from]) => {
    const resolved = await resolve(key);
    expect(resolved.definition.name).toBe(name);
    expect(resolved.from).toBe(from === 'bundled' ? from : join(root, from));
  });

  test('an absolute path is taken as it is', async () => {
    await expect(resolve(join(root, 'app/plugins/slack.mjs'))).resolves.toMatchObject({
      definition: { name: 'slack' },
    });
  });
});

describe('what cannot be used says why', () => {
  test.for([
    [
      'laravle',
      'PM_PLUGIN_NOT_FOUND',
      'plugin "laravle" is not installed: none of @pm-supervisor/plugin-laravle, pm-plugin-laravle, laravle is found from',
      'Did you mean "laravel"?',
    ],
    ['metrcis', 'PM_PLUGIN_NOT_FOUND', 'plugin "metrcis" is not installed', 'Did you mean "metrics"?'],
    [
      'metrics',
      'PM_PLUGIN_NOT_FOUND',
      'plugin "metrics" is not installed',
      'Install it (npm install @pm-supervisor/plugin-metrics), or remove it.',
    ],
    [
      'grafana',
      'PM_PLUGIN_NOT_FOUND',
      'plugin "grafana" is not installed',
      'Install it (npm install pm-plugin-grafana), or remove it.',
    ],
    [
      './plugins/slak.mjs',
      'PM_PLUGIN_NOT_FOUND',
      'there is no file for plugin "./plugins/slak.mjs"',
      'Paths are relative to the configuration file.',
    ],
    [
      './plugins',
      'PM_PLUGIN_NOT_FOUND',
      'there is no file for plugin "./plugins"',
      'Paths are relative to the configuration file.',
    ],
    ['lodash', 'PM_PLUGIN_INVALID', 'exports no plugin, only map', 'Export default definePlugin'],
    ['./plugins/broken.mjs', 'PM_PLUGIN_INVALID', 'cannot be loaded', 'Correct the module.'],
    ['./plugins/throws.mjs', 'PM_PLUGIN_INVALID', 'cannot be loaded: no license', 'Correct the module.'],
    ['./plugins/needs.mjs', 'PM_PLUGIN_INVALID', 'not-installed-anywhere', 'Install what it needs beside it.'],
  ] as const)('%s', async ([key, code, message, hint]) => {
    await expect(resolve(key)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('an ES module in a folder of CommonJS', async () => {
    const modules = {
      ...nodeModules,
      load: () => Promise.reject(new SyntaxError('Cannot use import statement outside a module')),
    };
    const request = { key: './plugins/slack.mjs', options: undefined, reason: 'config' } as const;
    await expect(resolvePlugin(request, { bundled, modules, folders: [join(root, 'app')] })).rejects.toMatchObject({
      hint: 'Name it .mjs (.mts), or set "type": "module" in the package.json next to it.',
    });
  });
});
