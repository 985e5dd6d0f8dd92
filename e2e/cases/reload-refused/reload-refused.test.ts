import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Folder } from '../../harness/folder.ts';
import { pidsOf } from '../../harness/pids.ts';
import type { Pm } from '../../harness/pm.ts';

const good = `
global: {log_level: info}
processes:
  web: {command: [sleep, "600"]}
  old: {command: [sleep, "600"]}
`;

/** Reloads what cannot be applied; returns what was said about it. */
async function refuse(folder: Folder, pm: Pm, yaml: string): Promise<string> {
  const times = pm.out.texts.filter((text) => text.includes('configuration not applied')).length + 1;
  await folder.write('pm.yaml', yaml);
  await pm.signal('SIGHUP');
  await pm.out.waitFor('pm: configuration not applied, everything runs on as before', { times });
  await pm.out.waitFor(/^pm: .* error /, { times });
  return pm.out.texts.filter((text) => / error /.test(text)).join('\n');
}

/** Nothing was started or ended since the boot, and a good configuration still applies. */
async function expectUntouched(folder: Folder, pm: Pm): Promise<void> {
  expect(pm.out.texts.filter((text) => / ended after /.test(text))).toEqual([]);
  expect(['web-1', 'old-1'].map((instance) => pidsOf(pm, instance).length)).toEqual([1, 1]);
  await folder.write('pm.yaml', good.replace('  old', '  next'));
  await pm.signal('SIGHUP');
  await pm.out.waitFor('pm: configuration applied: added next; removed old');
  expect((await pm.stop()).code).toBe(0);
}

describe('a bad configuration changes nothing and says why', () => {
  test('every mistake with its file, line and column [line 16]', async ({ folder }) => {
    const pm = await folder.run(good);
    await pm.out.waitFor('pm: up after');
    const said = await refuse(
      folder,
      pm,
      `
processes:
  new: {command: [sleep, "600"]}
  web: {command: [sleep, "1"], depend_on: db}
  api: {command: [sleep, "600"], scale: many}
`,
    );
    expect(said).toMatch(
      /pm\.yaml:4:32 error processes\.web\.depend_on: unknown key "depend_on"\. Did you mean "depends_on"\?/,
    );
    expect(said).toMatch(/pm\.yaml:5:41 error processes\.api\.scale: /);
    await expectUntouched(folder, pm);
  });

  test.for([
    ['a syntax error', 'processes: {web: {command: [sleep', /pm\.yaml:1:\d+/],
    ['an empty file', '', /pm\.yaml/],
    ['a cycle', 'processes: {a: {command: x, depends_on: b}, b: {command: x, depends_on: a}}', /a.*→.*b/s],
    [
      'an unknown user',
      'processes: {web: {command: [sleep, "1"], user: nobody-here}}',
      /pm\.yaml:1:\d+.*user "nobody-here" does not exist/s,
    ],
    [
      'a plugin that is not there',
      'plugins: {./missing.mjs: {}}\nprocesses: {web: {command: [sleep, "1"]}}',
      /missing\.mjs/,
    ],
  ] as const)('%s [line 16]', async ([, yaml, why], { folder }) => {
    const pm = await folder.run(good);
    await pm.out.waitFor('pm: up after');
    expect(await refuse(folder, pm, yaml)).toMatch(why);
    await expectUntouched(folder, pm);
  });

  test('a plugin that throws when it is set up is named, and what it replaced goes on [line 16]', async ({
    folder,
  }) => {
    await folder.write(
      'ear.mjs',
      `
export default (options = {}) => ({
  name: 'ear',
  core: '*',
  setup(pm) {
    if (options.word === 'bad') throw new Error('I do not like this word');
    pm.hooks.plan.applied.tap(() => pm.logger.info('heard with ' + options.word));
  },
});
`,
    );
    const pm = await folder.run(`plugins: {./ear.mjs: {word: good}}\n${good}`);
    await pm.out.waitFor('pm: up after');
    expect(await refuse(folder, pm, `plugins: {./ear.mjs: {word: bad}}\n${good}`)).toMatch(
      /ear.*I do not like this word/s,
    );
    await folder.write('pm.yaml', `plugins: {./ear.mjs: {word: good}}\n${good}`);
    await pm.signal('SIGHUP');
    await pm.out.waitFor('heard with good', { times: 2 });
    await folder.write('pm.yaml', good);
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: configuration applied: plugins ear');
    await expectUntouched(folder, pm);
  });

  test('a file that is gone, and comes back [line 16]', async ({ folder }) => {
    const pm = await folder.run(good);
    await pm.out.waitFor('pm: up after');
    await rename(join(folder.path, 'pm.yaml'), join(folder.path, 'away'));
    await pm.signal('SIGHUP');
    const said = await pm.out.waitFor('pm: configuration not applied, everything runs on as before');
    expect(said).toMatch(/no configuration/);
    await rename(join(folder.path, 'away'), join(folder.path, 'pm.yaml'));
    await pm.signal('SIGHUP');
    await pm.out.waitFor('pm: configuration applied: nothing changed');
    await expectUntouched(folder, pm);
  });
});
