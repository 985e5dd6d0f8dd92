import { describe, expect, test } from 'vitest';
import { pickExport, toDefinition } from './definition.ts';
import { definePlugin, pluginMark } from './plugin.ts';

const source = { key: 'x', from: '/app/x.mjs' };
const setup = (): void => undefined;
const factory = definePlugin(() => ({ name: 'x', setup }));
const pick = (exports: Record<string, unknown>, options?: unknown) =>
  toDefinition(pickExport(exports, source), options, source);

describe('what counts as the plugin of a module', () => {
  test.for([
    ['a factory as default export', { default: factory }],
    ['a factory as the one named export', { heartbeat: factory, helper: 1, version: '1' }],
    ['a factory beside other functions', { parse: () => 0, heartbeat: factory }],
    ['a plain object, without any import of core', { default: { name: 'x', setup } }],
    ['a plain function, without any import of core', { default: () => ({ name: 'x', setup }) }],
    ['a named plain object', { plugin: { name: 'x', setup } }],
    ['a CommonJS module', { default: { name: 'x', setup }, 'module.exports': { name: 'x', setup } }],
    ['a CommonJS module made of ESM', { default: { __esModule: true, default: factory } }],
    ['the default export where there are several', { default: factory, other: definePlugin(() => ({ name: 'y' })) }],
  ] as const)('%s', ([, exports]) => {
    expect(pick(exports)).toMatchObject({ name: 'x', setup });
  });

  test('a factory of another copy of core is one too', () => {
    const foreign = Object.assign(() => ({ name: 'x', setup }), { [Symbol.for('pm-supervisor.plugin')]: {} });
    expect(pluginMark in foreign).toBe(true);
    expect(pick({ heartbeat: foreign })).toMatchObject({ name: 'x' });
  });

  test('options reach the factory', () => {
    expect(pick({ default: (options: { name: string }) => options }, { name: 'y' })).toEqual({ name: 'y' });
  });
});

describe('what is none is told apart', () => {
  class WebpackPlugin {
    apply(): void {}
  }
  const cases: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['nothing', {}, 'plugin "x" (/app/x.mjs) exports nothing', 'Export default definePlugin'],
    ['values only', { a: 1, b: 'c' }, 'exports no plugin, only a, b', 'Export default definePlugin'],
    [
      'two plugins',
      { a: factory, b: definePlugin(() => ({ name: 'b' })) },
      'exports several plugins: a, b',
      'Make one of them the default export.',
    ],
    ['a string', { default: 'x' }, 'is of type string, not a plugin', 'Export default definePlugin'],
    [
      'a class of webpack',
      { default: WebpackPlugin },
      'looks like a webpack plugin',
      'Only plugins made for pm can be used here.',
    ],
    [
      'an instance of webpack',
      { default: new WebpackPlugin() },
      'looks like a webpack plugin',
      'Only plugins made for pm',
    ],
    [
      'a plugin of Vite',
      { default: { name: 'vite:x', transform: setup } },
      'looks like a Vite or Rollup plugin',
      'Only plugins made for pm',
    ],
    [
      'a factory of a Vite plugin',
      { default: () => ({ name: 'vite:x', configureServer: setup }) },
      'looks like a Vite or Rollup plugin',
      'Only plugins',
    ],
    [
      'a plugin of Fastify',
      { default: Object.assign(() => undefined, { [Symbol.for('skip-override')]: true }) },
      'looks like a Fastify plugin',
      'Only plugins',
    ],
    [
      'a function that returns nothing',
      { default: setup },
      'is of type undefined, not a plugin',
      'Export default definePlugin',
    ],
    [
      'an async factory',
      { default: async () => ({ name: 'x' }) },
      'was created by an async function',
      'Return the plugin at once; wait in its setup.',
    ],
    [
      'a factory that throws',
      {
        default: () => {
          throw new Error('no url');
        },
      },
      'could not be created: no url',
      'Check its options.',
    ],
    [
      'a misspelt property',
      { default: { name: 'x', require: ['y'] } },
      'has an unknown property "require"',
      'Did you mean "requires"?',
    ],
    ['no name', { default: () => ({ setup }) }, 'has the name undefined', 'A name has small letters'],
    ['a bad name', { default: { name: 'My Plugin', setup } }, 'has the name "My Plugin"', 'A name has small letters'],
    [
      'a setup that is none',
      { default: { name: 'x', setup: true } },
      'has a setup that is no function',
      'Export default',
    ],
    [
      'requires that is no list',
      { default: { name: 'x', requires: 'cron', setup } },
      'has "requires" that is no list of names',
      'Export default',
    ],
    [
      'sections at a place that is none',
      { default: { name: 'x', sections: { processes: {} } } },
      'has sections at "processes"',
      'Sections are at root, global, process, logging.',
    ],
    [
      'another core',
      { default: { name: 'x', core: '^2.0.0', setup } },
      'is made for plugin interface ^2.0.0; this is 1.0.0',
      'Install a version of the plugin made for it',
    ],
    [
      'a range that is none',
      { default: { name: 'x', core: 'latest', setup } },
      'has core: "latest"',
      '"latest" is not a version range like "^1.0.0".',
    ],
  ];
  test.for(cases)('%s', ([, exports, message, hint]) => {
    expect(() => pick(exports)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
        code: 'PM_PLUGIN_INVALID',
      }),
    );
  });

  test('options for a plugin that takes none', () => {
    expect(() => pick({ default: { name: 'x', setup } }, { url: 'http://x' })).toThrow('takes no options');
    expect(pick({ default: { name: 'x', setup } }, true)).toMatchObject({ name: 'x' });
  });
});
